#include "kit.h"
void group_io(void) { }
