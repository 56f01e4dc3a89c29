// SPDX-License-Identifier: Apache-2.0
/** QEMU guests: their control socket, their live memory, and the lab that crashes a real kernel. */
module org.crashlane.guest {
  requires transitive org.crashlane.core;
  requires org.crashlane.image;
  requires transitive tools.jackson.databind;

  exports org.crashlane.guest;
  exports org.crashlane.guest.lab;
  exports org.crashlane.guest.lab.iommu;
  exports org.crashlane.guest.lab.judge;
  exports org.crashlane.guest.lab.net;
  exports org.crashlane.guest.lab.parts;
  exports org.crashlane.guest.live;
  exports org.crashlane.guest.oracle;
  exports org.crashlane.guest.qmp;
}
