#include "kit.h"
void group_apic(void) { }
