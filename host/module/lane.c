// SPDX-License-Identifier: GPL-2.0-only
/* One domain: look at every page, reserve, map, look again; and undo it. */
#include "crashlane.h"
#include "allocator.h"

#include <linux/dma-map-ops.h>
#include <linux/err.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/version.h>

static unsigned long lane_page_bytes(const struct lane *lane)
{
	return 1UL << __ffs(lane->domain->pgsize_bitmap);
}

static bool check_reach(const struct lane *lane, const struct crash_ranges *crash)
{
	const struct iommu_domain_geometry *reach = &lane->domain->geometry;
	unsigned int i;

	for (i = 0; i < crash->count; i++) {
		if (crash->at[i].start >= reach->aperture_start &&
		    crash->at[i].end <= reach->aperture_end)
			continue;
		pr_warn("%s: conflict: B2: %#llx-%#llx is beyond the domain's %pad-%pad, domain left alone\n",
			pci_name(lane->pdev), crash->at[i].start, crash->at[i].end,
			&reach->aperture_start, &reach->aperture_end);
		return false;
	}
	return true;
}

/* Windows that are not translated, the interrupt window first of all. */
static bool is_untranslated(const struct iommu_resv_region *region)
{
	return region->type == IOMMU_RESV_RESERVED || region->type == IOMMU_RESV_MSI;
}

static bool check_windows(const struct lane *lane, const struct crash_ranges *crash)
{
	struct iommu_resv_region *region, *next;
	LIST_HEAD(regions);
	bool clear = true;
	unsigned int i;

	iommu_get_group_resv_regions(lane->group, &regions);
	list_for_each_entry_safe(region, next, &regions, list) {
		u64 end = region->start + region->length - 1;

		for (i = 0; clear && is_untranslated(region) && i < crash->count; i++) {
			clear = crash->at[i].end < region->start || end < crash->at[i].start;
			if (!clear)
				pr_warn("%s: conflict: B3: %#llx-%#llx overlaps the reserved window %#llx-%#llx, domain left alone\n",
					pci_name(lane->pdev), crash->at[i].start, crash->at[i].end,
					(u64)region->start, end);
		}
		list_del(&region->list);
		kfree(region);
	}
	return clear;
}

static int add_page(struct lane *lane, unsigned long iova, bool hole)
{
	struct stretch *last = list_empty(&lane->stretches) ? NULL :
		list_last_entry(&lane->stretches, struct stretch, node);

	if (!last || last->hole != hole || last->iova + last->size != iova) {
		last = kzalloc(sizeof(*last), GFP_KERNEL);
		if (!last)
			return -ENOMEM;
		last->iova = iova;
		last->hole = hole;
		list_add_tail(&last->node, &lane->stretches);
	}
	last->size += lane_page_bytes(lane);
	return 0;
}

/* Looks at every page of the ranges: a hole, identity, or somebody else's. */
static int survey(struct lane *lane, const struct crash_ranges *crash)
{
	unsigned long page = lane_page_bytes(lane);
	unsigned int i;
	u64 iova;
	int err;

	for (i = 0; i < crash->count; i++) {
		if (!IS_ALIGNED(crash->at[i].start | (crash->at[i].end + 1), page))
			return -EINVAL;
		for (iova = crash->at[i].start; iova < crash->at[i].end; iova += page) {
			phys_addr_t phys = iommu_iova_to_phys(lane->domain, iova);

			if (phys && phys != iova) {
				pr_warn("%s: conflict: A4: IOVA %#llx is mapped to %pap, domain left alone\n",
					pci_name(lane->pdev), iova, &phys);
				return -EEXIST;
			}
			err = add_page(lane, iova, !phys);
			if (err)
				return err;
			if (phys)
				lane->already_bytes += page;
			else
				lane->hole_bytes += page;
			cond_resched();
		}
	}
	return 0;
}

static int reserve_stretch(struct lane *lane, struct stretch *stretch)
{
	struct iova_domain *iovad = allocator_of(lane->domain);
	struct iova *reserved;

	if (!iovad) {
		lane->unreserved = true;
		return 0;
	}
	reserved = allocator_reserve(iovad, stretch->iova, stretch->size);
	if (!IS_ERR(reserved)) {
		stretch->reserved = reserved;
		return 0;
	}
	/* Who mapped it before us, firmware's regions say, has reserved it. */
	if (!stretch->hole && PTR_ERR(reserved) == -EBUSY)
		return 0;
	if (PTR_ERR(reserved) == -EBUSY)
		pr_warn("%s: conflict: A5: IOVAs in %#lx-%#lx are handed out, domain left alone\n",
			pci_name(lane->pdev), stretch->iova,
			stretch->iova + stretch->size - 1);
	return PTR_ERR(reserved) == -EBUSY ? -EEXIST : PTR_ERR(reserved);
}

static int map_stretch(struct lane *lane, struct stretch *stretch)
{
	int prot = IOMMU_READ | IOMMU_WRITE;

	if (dev_is_dma_coherent(&lane->pdev->dev))
		prot |= IOMMU_CACHE;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	return iommu_map(lane->domain, stretch->iova, stretch->iova,
			 stretch->size, prot, GFP_KERNEL);
#else
	return iommu_map(lane->domain, stretch->iova, stretch->iova,
			 stretch->size, prot);
#endif
}

/* Unmaps the pages that are still identity: the rest is no longer ours. */
static size_t unmap_stretch(struct lane *lane, struct stretch *stretch)
{
	unsigned long page = lane_page_bytes(lane);
	unsigned long end = stretch->iova + stretch->size;
	unsigned long from = stretch->iova, iova;
	size_t unmapped = 0;

	for (iova = stretch->iova; iova < end; iova += page) {
		if (iommu_iova_to_phys(lane->domain, iova) == iova)
			continue;
		if (iova > from)
			unmapped += iommu_unmap(lane->domain, from, iova - from);
		from = iova + page;
		cond_resched();
	}
	if (end > from)
		unmapped += iommu_unmap(lane->domain, from, end - from);
	return unmapped;
}

/* First the mapping, then the reservation that kept others away from it. */
u64 undo_lane(struct lane *lane)
{
	struct stretch *stretch;
	u64 unmapped = 0;

	list_for_each_entry(stretch, &lane->stretches, node) {
		if (stretch->mapped)
			unmapped += unmap_stretch(lane, stretch);
		stretch->mapped = false;
		if (stretch->reserved)
			__free_iova(allocator_of(lane->domain), stretch->reserved);
		stretch->reserved = NULL;
	}
	return unmapped;
}

static int verify_lane(struct lane *lane)
{
	unsigned long page = lane_page_bytes(lane);
	struct stretch *stretch;
	size_t offset;

	list_for_each_entry(stretch, &lane->stretches, node) {
		for (offset = 0; offset < stretch->size; offset += page) {
			unsigned long iova = stretch->iova + offset;

			if (iommu_iova_to_phys(lane->domain, iova) != iova) {
				pr_warn("%s: IOVA %#lx is not identity after mapping\n",
					pci_name(lane->pdev), iova);
				return -EIO;
			}
			cond_resched();
		}
	}
	return 0;
}

static int reserve_lane(struct lane *lane)
{
	struct stretch *stretch;
	int err = 0;

	list_for_each_entry(stretch, &lane->stretches, node) {
		err = reserve_stretch(lane, stretch);
		if (err)
			break;
	}
	return err;
}

static int map_lane(struct lane *lane)
{
	struct stretch *stretch;
	int err;

	list_for_each_entry(stretch, &lane->stretches, node) {
		if (!stretch->hole)
			continue;
		err = map_stretch(lane, stretch);
		if (err)
			return err;
		stretch->mapped = true;
	}
	return verify_lane(lane);
}

/**
 * arm_lane - identity-map the crash ranges in one domain, or leave it as it was
 * @lane: the domain; its stretches and sums are filled in
 * @crash: the ranges
 * @dry_run: check everything, leave nothing behind
 *
 * Return: 0; -EEXIST if something is in the way, having said what; another
 * error of the kernel's.
 */
int arm_lane(struct lane *lane, const struct crash_ranges *crash, bool dry_run)
{
	int err;

	if (!check_reach(lane, crash) || !check_windows(lane, crash))
		return -EEXIST;
	err = survey(lane, crash);
	if (!err)
		err = reserve_lane(lane);
	if (!err && !dry_run)
		err = map_lane(lane);
	if (err || dry_run)
		undo_lane(lane);
	return err;
}
