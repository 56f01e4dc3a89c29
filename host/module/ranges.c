// SPDX-License-Identifier: GPL-2.0-only
/* Where the crash kernel's memory is: the resource tree, and nothing else. */
#include "crashlane.h"

#include <linux/ioport.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

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
		       const struct crash_ranges *crash,
		       const struct crash_range *found)
{
	unsigned int i;

	for (i = 0; i < crash->count; i++)
		if (range->start <= crash->at[i].end && crash->at[i].start <= range->end)
			return -EINVAL;
	for (i = 0; i < MAX_RANGES; i++)
		if (range->start >= found[i].start && range->end <= found[i].end)
			return 0;
	return -ERANGE;
}

static int parse_ranges(const char *wanted, struct crash_ranges *crash,
			const struct crash_range *found)
{
	char *copy = kstrdup(wanted, GFP_KERNEL);
	char *cursor = copy, *text;
	int err = copy ? 0 : -ENOMEM;

	while (!err && (text = strsep(&cursor, ","))) {
		struct crash_range range = {};

		if (crash->count == MAX_RANGES)
			err = -E2BIG;
		if (!err)
			err = parse_range(strim(text), &range);
		if (!err)
			err = check_range(&range, crash, found);
		if (!err)
			crash->at[crash->count++] = range;
	}
	kfree(copy);
	if (err == -ERANGE)
		pr_err("ranges=%s: not inside a \"Crash kernel\" range\n", wanted);
	else if (err)
		pr_err("ranges=%s: want START-END[,START-END], whole pages, not overlapping (%d)\n",
		       wanted, err);
	return err;
}

/**
 * find_crash_ranges - where the crash kernel's memory is
 * @wanted: START-END[,START-END] to use of it, or NULL for all of it
 * @crash: filled in
 *
 * Return: 0, or -ENODEV, -ERANGE, -EINVAL, -E2BIG, -ENOMEM, having said why.
 */
int find_crash_ranges(const char *wanted, struct crash_ranges *crash)
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
	if (wanted) {
		err = parse_ranges(wanted, crash, found);
		if (err)
			return err;
	} else {
		for (i = 0; i < MAX_RANGES && found[i].end; i++)
			crash->at[crash->count++] = found[i];
	}
	for (i = 0; i < crash->count; i++)
		used += scnprintf(crash->text + used, sizeof(crash->text) - used,
				  "%s%#llx-%#llx", i ? "," : "",
				  crash->at[i].start, crash->at[i].end);
	return 0;
}
