#include "kit.h"
void group_real(void) { }
