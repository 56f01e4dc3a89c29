// SPDX-License-Identifier: GPL-2.0-only
/*
 * crashlane_arm - identity-map the crash kernel's memory for DMA
 *
 * Loaded in the primary kernel, it maps every page of the crash kernel ranges
 * to itself in every DMA domain of the PCI bus, so that a capture kernel which
 * never looks at the IOMMU can still do I/O through the one left running.
 * Unloaded, it takes out what it put in, and nothing else.
 *
 * A domain is armed whole or not at all. The module keeps no domain alive and
 * so trusts no domain pointer later: before it undoes one, a device of the
 * same group must still use that very domain.
 */
#define pr_fmt(fmt) "crashlane: " fmt

#include <linux/dma-map-ops.h>
#include <linux/iommu.h>
#include <linux/ioport.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/version.h>

#include "allocator.h"

#define MAX_RANGES 8
#define RANGE_TEXT_BYTES (MAX_RANGES * sizeof("0x0123456789abcdef-0x0123456789abcdef,"))

static char *ranges;
module_param(ranges, charp, 0444);
MODULE_PARM_DESC(ranges, "START-END[,START-END] in hexadecimal, both included, as in /proc/iomem (default: every \"Crash kernel\" range)");

static char *devices;
module_param(devices, charp, 0444);
MODULE_PARM_DESC(devices, "[SSSS:]BB:DD.F[,...] arm only the domains of these devices (default: all)");

static bool dry_run;
module_param(dry_run, bool, 0444);
MODULE_PARM_DESC(dry_run, "say what would be done, map nothing");

static int result_set(const char *value, const struct kernel_param *kp)
{
	return -EPERM;
}

static const struct kernel_param_ops count_ops = {
	.set = result_set,
	.get = param_get_uint,
};

static const struct kernel_param_ops bytes_ops = {
	.set = result_set,
	.get = param_get_ullong,
};

#define RESULT_COUNT(name, text) \
	static unsigned int name; \
	module_param_cb(name, &count_ops, &name, 0444); \
	MODULE_PARM_DESC(name, "result: " text)

RESULT_COUNT(armed_domains, "domains this module mapped something in");
RESULT_COUNT(already_domains, "domains that were identity-mapped before");
RESULT_COUNT(skipped_domains, "domains left alone on purpose");
RESULT_COUNT(conflicts, "domains left alone because of what is in the range");
RESULT_COUNT(failed_domains, "domains in which the kernel refused the mapping");
RESULT_COUNT(unreserved_domains, "armed domains whose allocator may still hand out the range");

static unsigned long long mapped_bytes;
module_param_cb(mapped_bytes, &bytes_ops, &mapped_bytes, 0444);
MODULE_PARM_DESC(mapped_bytes, "result: bytes this module mapped, over all domains");

/* A range of physical memory, both ends included. */
struct crash_range {
	u64 start;
	u64 end;
};

static struct crash_range crash[MAX_RANGES];
static unsigned int crash_count;
static char crash_text[RANGE_TEXT_BYTES];

/* Adjacent pages of a crash range that were found alike: holes or identity. */
struct stretch {
	struct list_head node;
	unsigned long iova;
	size_t size;
	bool hole;
	bool mapped;
	struct iova *reserved;
};

/* One IOMMU domain and what was done in it. */
struct lane {
	struct list_head node;
	struct iommu_domain *domain;
	struct iommu_group *group;
	struct pci_dev *pdev;
	bool wanted;
	bool untrusted;
	bool unreserved;
	struct list_head stretches;
	u64 hole_bytes;
	u64 already_bytes;
};

static LIST_HEAD(lanes);

/* The crash ranges */

static int add_crash_range(struct resource *res, void *arg)
{
	struct crash_range *found = arg;
	unsigned int i = 0;

	while (i < MAX_RANGES && found[i].end)
		i++;
	if (i == MAX_RANGES)
		return -E2BIG;
	found[i].start = res->start;
	found[i].end = res->end;
	return 0;
}

static int parse_range(char *text, struct crash_range *range)
{
	char *start = strsep(&text, "-");

	if (!text || kstrtou64(start, 16, &range->start) ||
	    kstrtou64(strim(text), 16, &range->end))
		return -EINVAL;
	if (range->start >= range->end || !PAGE_ALIGNED(range->start) ||
	    !PAGE_ALIGNED(range->end + 1))
		return -EINVAL;
	return 0;
}

/* A range that is not the crash kernel's would open other memory to devices. */
static int check_range(const struct crash_range *range,
		       const struct crash_range *found)
{
	unsigned int i;

	for (i = 0; i < crash_count; i++)
		if (range->start <= crash[i].end && crash[i].start <= range->end)
			return -EINVAL;
	for (i = 0; i < MAX_RANGES; i++)
		if (range->start >= found[i].start && range->end <= found[i].end)
			return 0;
	return -ERANGE;
}

static int parse_ranges(const struct crash_range *found)
{
	char *copy = kstrdup(ranges, GFP_KERNEL);
	char *cursor = copy, *text;
	int err = copy ? 0 : -ENOMEM;

	while (!err && (text = strsep(&cursor, ","))) {
		struct crash_range range = {};

		if (crash_count == MAX_RANGES)
			err = -E2BIG;
		if (!err)
			err = parse_range(strim(text), &range);
		if (!err)
			err = check_range(&range, found);
		if (!err)
			crash[crash_count++] = range;
	}
	kfree(copy);
	if (err == -ERANGE)
		pr_err("ranges=%s: not inside a \"Crash kernel\" range\n", ranges);
	else if (err)
		pr_err("ranges=%s: want START-END[,START-END], whole pages, not overlapping (%d)\n",
		       ranges, err);
	return err;
}

static int find_ranges(void)
{
	struct crash_range found[MAX_RANGES] = {};
	size_t used = 0;
	unsigned int i;
	int err;

	err = walk_iomem_res_desc(IORES_DESC_CRASH_KERNEL,
				  IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY,
				  0, -1, found, add_crash_range);
	if (!found[0].end) {
		pr_err("no memory is reserved for a crash kernel (boot with crashkernel=)\n");
		return -ENODEV;
	}
	if (err)
		return err;
	if (ranges) {
		err = parse_ranges(found);
		if (err)
			return err;
	} else {
		for (i = 0; i < MAX_RANGES && found[i].end; i++)
			crash[crash_count++] = found[i];
	}
	for (i = 0; i < crash_count; i++)
		used += scnprintf(crash_text + used, sizeof(crash_text) - used,
				  "%s%#llx-%#llx", i ? "," : "",
				  crash[i].start, crash[i].end);
	if (!ranges)
		ranges = crash_text;
	return 0;
}

/* The devices and their domains */

static bool name_matches(const char *name, size_t length, struct pci_dev *pdev)
{
	const char *full = pci_name(pdev);
	const char *within = strchr(full, ':') + 1;

	if (strlen(full) == length && !strncasecmp(full, name, length))
		return true;
	return !pci_domain_nr(pdev->bus) && strlen(within) == length &&
	       !strncasecmp(within, name, length);
}

static bool is_named(struct pci_dev *pdev)
{
	const char *name = devices;

	while (name && *name) {
		size_t length = strcspn(name, ",");

		if (name_matches(name, length, pdev))
			return true;
		name += length + (name[length] == ',');
	}
	return false;
}

/* A misspelt address must not look like a device that needed nothing. */
static int check_devices(void)
{
	const char *name = devices;

	while (name && *name) {
		size_t length = strcspn(name, ",");
		struct pci_dev *pdev = NULL;

		for_each_pci_dev(pdev)
			if (name_matches(name, length, pdev))
				break;
		if (!pdev) {
			pr_err("devices=: there is no device %.*s\n", (int)length, name);
			return -ENODEV;
		}
		pci_dev_put(pdev);
		name += length + (name[length] == ',');
	}
	return 0;
}

static struct lane *find_lane(struct iommu_domain *domain, struct iommu_group *group)
{
	struct lane *lane;

	list_for_each_entry(lane, &lanes, node)
		if (lane->domain == domain && lane->group == group)
			return lane;
	return NULL;
}

static void free_lane(struct lane *lane)
{
	struct stretch *stretch, *next;

	list_for_each_entry_safe(stretch, next, &lane->stretches, node)
		kfree(stretch);
	list_del(&lane->node);
	iommu_group_put(lane->group);
	pci_dev_put(lane->pdev);
	kfree(lane);
}

static int add_device(struct pci_dev *pdev, struct iommu_domain *domain,
		      struct iommu_group *group)
{
	struct lane *lane = find_lane(domain, group);
	bool named = is_named(pdev);

	if (!lane) {
		lane = kzalloc(sizeof(*lane), GFP_KERNEL);
		if (!lane)
			return -ENOMEM;
		lane->domain = domain;
		lane->group = iommu_group_ref_get(group);
		lane->pdev = pci_dev_get(pdev);
		INIT_LIST_HEAD(&lane->stretches);
		list_add_tail(&lane->node, &lanes);
	}
	if (named && !lane->wanted) {
		pci_dev_put(lane->pdev);
		lane->pdev = pci_dev_get(pdev);
	}
	lane->wanted |= named || !devices;
	lane->untrusted |= pdev->untrusted && !named;
	return 0;
}

static int collect_lanes(unsigned int *without)
{
	struct pci_dev *pdev = NULL;
	int err = 0;

	for_each_pci_dev(pdev) {
		struct iommu_domain *domain = iommu_get_domain_for_dev(&pdev->dev);
		struct iommu_group *group = iommu_group_get(&pdev->dev);

		if (domain && group) {
			err = add_device(pdev, domain, group);
		} else {
			++*without;
			if (is_named(pdev))
				pr_warn("%s: no IOMMU domain, nothing to arm\n", pci_name(pdev));
		}
		iommu_group_put(group);
		if (err) {
			pci_dev_put(pdev);
			break;
		}
	}
	return err;
}

static const char *reason_to_skip(const struct lane *lane)
{
	if (!lane->wanted)
		return "not in devices=";
	switch (lane->domain->type) {
	case IOMMU_DOMAIN_DMA:
	case IOMMU_DOMAIN_DMA_FQ:
		break;
	case IOMMU_DOMAIN_IDENTITY:
		return "identity domain, DMA passes untranslated";
	case IOMMU_DOMAIN_BLOCKED:
		return "blocked domain";
	case IOMMU_DOMAIN_UNMANAGED:
		return "G1: assigned to a guest or to user space";
	default:
		return "not a DMA domain";
	}
	if (lane->untrusted)
		return "untrusted device, name it in devices= to arm it";
	return NULL;
}

/* One domain */

static unsigned long lane_page_bytes(const struct lane *lane)
{
	return 1UL << __ffs(lane->domain->pgsize_bitmap);
}

static bool check_reach(const struct lane *lane)
{
	const struct iommu_domain_geometry *reach = &lane->domain->geometry;
	unsigned int i;

	for (i = 0; i < crash_count; i++) {
		if (crash[i].start >= reach->aperture_start &&
		    crash[i].end <= reach->aperture_end)
			continue;
		pr_warn("%s: conflict: B2: %#llx-%#llx is beyond the domain's %pad-%pad, domain left alone\n",
			pci_name(lane->pdev), crash[i].start, crash[i].end,
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

static bool check_windows(const struct lane *lane)
{
	struct iommu_resv_region *region, *next;
	LIST_HEAD(regions);
	bool clear = true;
	unsigned int i;

	iommu_get_group_resv_regions(lane->group, &regions);
	list_for_each_entry_safe(region, next, &regions, list) {
		u64 end = region->start + region->length - 1;

		for (i = 0; clear && is_untranslated(region) && i < crash_count; i++) {
			clear = crash[i].end < region->start || end < crash[i].start;
			if (!clear)
				pr_warn("%s: conflict: B3: %#llx-%#llx overlaps the reserved window %#llx-%#llx, domain left alone\n",
					pci_name(lane->pdev), crash[i].start, crash[i].end,
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
static int survey(struct lane *lane)
{
	unsigned long page = lane_page_bytes(lane);
	unsigned int i;
	u64 iova;
	int err;

	for (i = 0; i < crash_count; i++) {
		if (!IS_ALIGNED(crash[i].start | (crash[i].end + 1), page))
			return -EINVAL;
		for (iova = crash[i].start; iova < crash[i].end; iova += page) {
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
static u64 undo_lane(struct lane *lane)
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

static int arm_lane(struct lane *lane)
{
	int err;

	if (!check_reach(lane) || !check_windows(lane))
		return -EEXIST;
	err = survey(lane);
	if (!err)
		err = reserve_lane(lane);
	if (!err && !dry_run)
		err = map_lane(lane);
	if (err || dry_run)
		undo_lane(lane);
	return err;
}

static void tell_armed(const struct lane *lane)
{
	const char *done = lane->hole_bytes ? "armed" : "already";

	if (dry_run && lane->hole_bytes)
		done = "would arm";
	pr_info("%s: %s %s (domain type %s, %llu bytes %s, %llu already, group %d%s)\n",
		pci_name(lane->pdev), done, crash_text,
		lane->domain->type == IOMMU_DOMAIN_DMA_FQ ? "DMA-FQ" : "DMA",
		lane->hole_bytes, dry_run ? "to map" : "mapped",
		lane->already_bytes, iommu_group_id(lane->group),
		lane->unreserved ? ", A5: IOVAs not reserved" : "");
}

/* What is armed, or would be in a dry run. */
struct tally {
	unsigned int domains;
	unsigned int without;
	u64 bytes;
};

/* Arms one domain and counts the outcome. Returns whether to remember it. */
static bool settle_lane(struct lane *lane, struct tally *tally)
{
	const char *reason = reason_to_skip(lane);
	int err;

	if (reason) {
		pr_info("%s: skipped (%s, group %d)\n", pci_name(lane->pdev),
			reason, iommu_group_id(lane->group));
		skipped_domains++;
		return false;
	}
	err = arm_lane(lane);
	if (err == -EEXIST) {
		conflicts++;
		return false;
	}
	if (err) {
		pr_err("%s: failed (%d), domain left as it was\n",
		       pci_name(lane->pdev), err);
		failed_domains++;
		return false;
	}
	tell_armed(lane);
	if (!lane->hole_bytes)
		already_domains++;
	else
		tally->domains++;
	tally->bytes += lane->hole_bytes;
	if (lane->unreserved)
		unreserved_domains++;
	return !dry_run;
}

static void free_lanes(void)
{
	struct lane *lane, *next;

	list_for_each_entry_safe(lane, next, &lanes, node)
		free_lane(lane);
}

static int __init crashlane_init(void)
{
	struct lane *lane, *next;
	struct tally tally = {};
	int err;

	err = find_ranges();
	if (err)
		return err;
	/* No device, and with it no domain, goes away meanwhile. */
	pci_lock_rescan_remove();
	err = check_devices();
	if (!err)
		err = collect_lanes(&tally.without);
	if (!err)
		list_for_each_entry_safe(lane, next, &lanes, node)
			if (!settle_lane(lane, &tally))
				free_lane(lane);
	pci_unlock_rescan_remove();
	if (err) {
		free_lanes();
		return err;
	}
	if (!dry_run) {
		armed_domains = tally.domains;
		mapped_bytes = tally.bytes;
	}
	pr_info("%s%u domains %s, %u already, %u skipped, %u conflicts, %u failed, %llu bytes %s, %u not reserved, %u devices without a domain\n",
		dry_run ? "dry run: " : "", tally.domains,
		dry_run ? "to arm" : "armed", already_domains, skipped_domains,
		conflicts, failed_domains, tally.bytes,
		dry_run ? "to map" : "mapped", unreserved_domains, tally.without);
	return 0;
}

/*
 * Whether a device of the group uses the domain now. If none does, the domain
 * may be gone with its last device, been replaced by another type, or be
 * waiting until a guest gives the device back.
 */
static bool is_in_use(const struct lane *lane)
{
	struct pci_dev *pdev = NULL;

	for_each_pci_dev(pdev) {
		struct iommu_group *group = iommu_group_get(&pdev->dev);

		iommu_group_put(group);
		if (group == lane->group &&
		    iommu_get_domain_for_dev(&pdev->dev) == lane->domain) {
			pci_dev_put(pdev);
			return true;
		}
	}
	return false;
}

static void __exit crashlane_exit(void)
{
	unsigned int disarmed = 0, left = 0;
	struct lane *lane;

	pci_lock_rescan_remove();
	list_for_each_entry(lane, &lanes, node) {
		u64 unmapped;

		if (!is_in_use(lane)) {
			pr_warn("%s: no device uses the armed domain now, left alone (group %d)\n",
				pci_name(lane->pdev), iommu_group_id(lane->group));
			left++;
			continue;
		}
		unmapped = undo_lane(lane);
		pr_info("%s: disarmed %s (%llu bytes unmapped, %llu already left, group %d)\n",
			pci_name(lane->pdev), crash_text, unmapped, lane->already_bytes,
			iommu_group_id(lane->group));
		if (unmapped < lane->hole_bytes)
			pr_warn("%s: %llu bytes were no longer identity-mapped\n",
				pci_name(lane->pdev), lane->hole_bytes - unmapped);
		disarmed++;
	}
	pci_unlock_rescan_remove();
	free_lanes();
	pr_info("%u domains disarmed, %u left alone\n", disarmed, left);
}

module_init(crashlane_init);
module_exit(crashlane_exit);

MODULE_DESCRIPTION("Identity-map the crash kernel's memory in every DMA domain");
MODULE_LICENSE("GPL");
