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
#include "crashlane.h"

#include <linux/module.h>

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

static struct crash_ranges crash;
static LIST_HEAD(lanes);

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

static void tell_armed(const struct lane *lane)
{
	const char *done = lane->hole_bytes ? "armed" : "already";

	if (dry_run && lane->hole_bytes)
		done = "would arm";
	pr_info("%s: %s %s (domain type %s, %llu bytes %s, %llu already, group %d%s)\n",
		pci_name(lane->pdev), done, crash.text,
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
	err = arm_lane(lane, &crash, dry_run);
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

	err = find_crash_ranges(ranges, &crash);
	if (err)
		return err;
	if (!ranges)
		ranges = crash.text;
	/* No device, and with it no domain, goes away meanwhile. */
	pci_lock_rescan_remove();
	err = check_devices(devices);
	if (!err)
		err = collect_lanes(devices, &lanes, &tally.without);
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

static void __exit crashlane_exit(void)
{
	unsigned int disarmed = 0, left = 0;
	struct lane *lane;

	pci_lock_rescan_remove();
	list_for_each_entry(lane, &lanes, node) {
		u64 unmapped;

		if (!lane_is_in_use(lane)) {
			pr_warn("%s: no device uses the armed domain now, left alone (group %d)\n",
				pci_name(lane->pdev), iommu_group_id(lane->group));
			left++;
			continue;
		}
		unmapped = undo_lane(lane);
		pr_info("%s: disarmed %s (%llu bytes unmapped, %llu already left, group %d)\n",
			pci_name(lane->pdev), crash.text, unmapped, lane->already_bytes,
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
