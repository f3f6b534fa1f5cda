#include "kit.h"
void group_legacy(void) { }
