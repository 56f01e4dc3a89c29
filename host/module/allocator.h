/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CRASHLANE_ALLOCATOR_H
#define CRASHLANE_ALLOCATOR_H

#include <linux/iova.h>
#include <linux/types.h>

struct iommu_domain;

struct iova_domain *allocator_of(struct iommu_domain *domain);
struct iova *allocator_reserve(struct iova_domain *iovad, dma_addr_t start,
			       size_t size);

#endif
