/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CRASHLANE_H
#define CRASHLANE_H

#undef pr_fmt
#define pr_fmt(fmt) "crashlane: " fmt

#include "compat.h"

#include <linux/iommu.h>
#include <linux/iova.h>
#include <linux/list.h>
#include <linux/pci.h>
#include <linux/types.h>

#define MAX_RANGES 8
#define RANGE_TEXT_BYTES (MAX_RANGES * sizeof("0x0123456789abcdef-0x0123456789abcdef,"))

/* A range of physical memory, both ends included. */
struct crash_range {
	u64 start;
	u64 end;
};

struct crash_ranges {
	unsigned int count;
	struct crash_range at[MAX_RANGES];
	char text[RANGE_TEXT_BYTES];
};

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
	struct pci_dev *pdev;	/* the one it is named by */
	bool wanted;
	bool untrusted;
	bool unreserved;
	struct list_head stretches;
	u64 hole_bytes;		/* mapped by us, or to be mapped in a dry run */
	u64 already_bytes;
};

/* ranges.c */
int find_crash_ranges(const char *wanted, struct crash_ranges *crash);

/* devices.c */
int check_devices(const char *devices);
int collect_lanes(const char *devices, struct list_head *lanes, unsigned int *without);
bool lane_is_in_use(const struct lane *lane);
void free_lane(struct lane *lane);

/* lane.c */
int arm_lane(struct lane *lane, const struct crash_ranges *crash, bool dry_run);
u64 undo_lane(struct lane *lane);

#endif
