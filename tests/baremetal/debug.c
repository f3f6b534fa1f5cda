#include "kit.h"
void group_debug(void) { }
