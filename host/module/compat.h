/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between the kernels that the module is built for: 5.10 and later. */
#ifndef CRASHLANE_COMPAT_H
#define CRASHLANE_COMPAT_H

#include <linux/iommu.h>
#include <linux/version.h>

/*
 * Since 5.15 (bf3aed4660c6) a domain whose unmapping is flushed late has a type
 * of its own. Before, a type that no domain has.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 15, 0)
#define IOMMU_DOMAIN_DMA_FQ (~0U)
#endif

#endif
