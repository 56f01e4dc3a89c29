// SPDX-License-Identifier: GPL-2.0-only
/* The PCI devices and the IOMMU domains they use. */
#include "crashlane.h"

#include <linux/slab.h>
#include <linux/string.h>

static bool name_matches(const char *name, size_t length, struct pci_dev *pdev)
{
	const char *full = pci_name(pdev);
	const char *within = strchr(full, ':') + 1;

	if (strlen(full) == length && !strncasecmp(full, name, length))
		return true;
	return !pci_domain_nr(pdev->bus) && strlen(within) == length &&
	       !strncasecmp(within, name, length);
}

static bool is_named(const char *devices, struct pci_dev *pdev)
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

/*
 * A misspelt address must not look like a device that needed nothing, nor a
 * script's empty variable like a wish to arm none.
 */
int check_devices(const char *devices)
{
	const char *name = devices;
	size_t length;

	for (; name; name = name[length] ? name + length + 1 : NULL) {
		struct pci_dev *pdev = NULL;

		length = strcspn(name, ",");
		if (!length) {
			pr_err("devices=%s: want [SSSS:]BB:DD.F[,...], a name is empty\n", devices);
			return -EINVAL;
		}
		for_each_pci_dev(pdev)
			if (name_matches(name, length, pdev))
				break;
		if (!pdev) {
			pr_err("devices=: there is no device %.*s\n", (int)length, name);
			return -ENODEV;
		}
		pci_dev_put(pdev);
	}
	return 0;
}

static struct lane *find_lane(struct list_head *lanes, struct iommu_domain *domain,
			      struct iommu_group *group)
{
	struct lane *lane;

	list_for_each_entry(lane, lanes, node)
		if (lane->domain == domain && lane->group == group)
			return lane;
	return NULL;
}

void free_lane(struct lane *lane)
{
	struct stretch *stretch, *next;

	list_for_each_entry_safe(stretch, next, &lane->stretches, node)
		kfree(stretch);
	list_del(&lane->node);
	iommu_group_put(lane->group);
	pci_dev_put(lane->pdev);
	kfree(lane);
}

static int add_device(const char *devices, struct list_head *lanes,
		      struct pci_dev *pdev, struct iommu_domain *domain,
		      struct iommu_group *group)
{
	struct lane *lane = find_lane(lanes, domain, group);
	bool named = is_named(devices, pdev);

	if (!lane) {
		lane = kzalloc(sizeof(*lane), GFP_KERNEL);
		if (!lane)
			return -ENOMEM;
		lane->domain = domain;
		lane->group = iommu_group_ref_get(group);
		lane->pdev = pci_dev_get(pdev);
		INIT_LIST_HEAD(&lane->stretches);
		list_add_tail(&lane->node, lanes);
	}
	if (named && !lane->wanted) {
		pci_dev_put(lane->pdev);
		lane->pdev = pci_dev_get(pdev);
	}
	lane->wanted |= named || !devices;
	lane->untrusted |= pdev->untrusted && !named;
	return 0;
}

/**
 * collect_lanes - the domain of every PCI device, each domain once
 * @devices: the filter, or NULL
 * @lanes: receives one lane per domain and group, also on failure
 * @without: incremented for each device without a domain
 *
 * Return: 0 or -ENOMEM.
 */
int collect_lanes(const char *devices, struct list_head *lanes, unsigned int *without)
{
	struct pci_dev *pdev = NULL;
	int err = 0;

	for_each_pci_dev(pdev) {
		struct iommu_domain *domain = iommu_get_domain_for_dev(&pdev->dev);
		struct iommu_group *group = iommu_group_get(&pdev->dev);

		if (domain && group) {
			err = add_device(devices, lanes, pdev, domain, group);
		} else {
			++*without;
			if (is_named(devices, pdev))
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

/*
 * Whether a device of the group uses the domain now. If none does, the domain
 * may be gone with its last device, been replaced by another type, or be
 * waiting until a guest gives the device back.
 */
bool lane_is_in_use(const struct lane *lane)
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
