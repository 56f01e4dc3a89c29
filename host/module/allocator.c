// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeping the crash ranges out of a DMA domain's IOVA allocator.
 *
 * An identity mapping alone is not enough: the allocator does not know of it
 * and may hand the same addresses to a driver. What follows is worse than a
 * lost mapping. The VT-d driver, asked for a 4 KiB page below a 2 MiB leaf,
 * takes the leaf for a table and writes its entry into the crash range
 * (pfn_to_dma_pte() in drivers/iommu/intel/iommu.c, Linux 6.0).
 *
 * reserve_iova() is exported, but the struct iova_domain it wants sits inside
 * struct iommu_dma_cookie, which is private to drivers/iommu/dma-iommu.c. Its
 * head is mirrored here, and nothing is touched unless everything that
 * init_iova_domain() leaves behind is found in it. A kernel whose layout is
 * another one is recognised as such, and the reservation is left out and said
 * to be missing.
 */
#include "allocator.h"

#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/rbtree.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/version.h>

/* The head of struct iommu_dma_cookie of a domain with a full allocator. */
struct allocator_cookie {
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
	int type;
#define ALLOCATOR_COOKIE_TYPE 0 /* IOMMU_DMA_IOVA_COOKIE */
#endif
	struct iova_domain iovad;
};

static bool allocator_cookie_expected(struct iommu_domain *domain)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
	struct allocator_cookie *cookie = (void *)domain->iova_cookie;

	return cookie && cookie->type == ALLOCATOR_COOKIE_TYPE;
#else
	return domain->cookie_type == IOMMU_COOKIE_DMA_IOVA &&
	       domain->iova_cookie;
#endif
}

/* The domain's allocator, or NULL where it cannot be told for certain. */
struct iova_domain *allocator_of(struct iommu_domain *domain)
{
	struct allocator_cookie *cookie;
	struct iova_domain *iovad;

	if (!allocator_cookie_expected(domain))
		return NULL;
	cookie = (void *)domain->iova_cookie;
	iovad = &cookie->iovad;
	if (iovad->granule != 1UL << __ffs(domain->pgsize_bitmap) ||
	    iovad->dma_32bit_pfn != SZ_4G >> iova_shift(iovad) ||
	    iovad->anchor.pfn_lo != ~0UL || iovad->anchor.pfn_hi != ~0UL ||
	    !iovad->start_pfn || !iovad->rbroot.rb_node ||
	    !iovad->cached_node || !iovad->cached32_node)
		return NULL;
	return iovad;
}

static bool allocator_in_use(struct iova_domain *iovad,
				    unsigned long pfn_lo, unsigned long pfn_hi)
{
	struct rb_node *node;
	unsigned long flags;

	spin_lock_irqsave(&iovad->iova_rbtree_lock, flags);
	node = iovad->rbroot.rb_node;
	while (node) {
		struct iova *held = rb_entry(node, struct iova, node);

		if (pfn_hi < held->pfn_lo)
			node = node->rb_left;
		else if (pfn_lo > held->pfn_hi)
			node = node->rb_right;
		else
			break;
	}
	spin_unlock_irqrestore(&iovad->iova_rbtree_lock, flags);
	return node;
}

/**
 * allocator_reserve - keep an IOVA range from being handed out
 * @iovad: the allocator
 * @start: first IOVA, a multiple of the granule
 * @size: bytes, a multiple of the granule
 *
 * Return: the reservation, to be given back with __free_iova();
 * ERR_PTR(-EBUSY) if any of it is handed out or reserved already;
 * ERR_PTR(-ENOMEM).
 */
struct iova *allocator_reserve(struct iova_domain *iovad, dma_addr_t start,
			       size_t size)
{
	unsigned long pfn_lo = iova_pfn(iovad, start);
	unsigned long pfn_hi = iova_pfn(iovad, start + size - 1);
	struct iova *held;

	/* reserve_iova() would stretch a neighbour that is in use. */
	if (allocator_in_use(iovad, pfn_lo, pfn_hi))
		return ERR_PTR(-EBUSY);
	held = reserve_iova(iovad, pfn_lo, pfn_hi);
	if (!held)
		return ERR_PTR(-ENOMEM);
	/*
	 * Somebody was faster. What came back may be theirs, so it stays; a
	 * neighbour stretched over our range shrinks back when it is freed.
	 */
	if (held->pfn_lo != pfn_lo || held->pfn_hi != pfn_hi)
		return ERR_PTR(-EBUSY);
	return held;
}
