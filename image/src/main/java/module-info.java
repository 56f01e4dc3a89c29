// SPDX-License-Identifier: Apache-2.0
/** Dumps and memory images as physical memory, and the Linux inside them. */
module org.crashlane.image {
  requires transitive org.crashlane.core;

  exports org.crashlane.image;
}
