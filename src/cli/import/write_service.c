/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model.h"
void write_services(struct import *import)
{
	(void)import;
}
