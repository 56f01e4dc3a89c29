// SPDX-License-Identifier: Apache-2.0
/** The Kdump IO Rule and what it is about: bits, memory, PCI, ACPI, IOMMUs, machines, verdicts. */
module org.crashlane.core {
  exports org.crashlane.acpi;
  exports org.crashlane.arming;
  exports org.crashlane.bits;
  exports org.crashlane.interrupt;
  exports org.crashlane.iommu;
  exports org.crashlane.iommu.amdvi;
  exports org.crashlane.iommu.gart;
  exports org.crashlane.iommu.calgary;
  exports org.crashlane.iommu.flat;
  exports org.crashlane.iommu.paging;
  exports org.crashlane.iommu.vendors;
  exports org.crashlane.iommu.vtd;
  exports org.crashlane.linux;
  exports org.crashlane.machine;
  exports org.crashlane.memory;
  exports org.crashlane.pci;
  exports org.crashlane.rehearsal;
  exports org.crashlane.rule;
}
