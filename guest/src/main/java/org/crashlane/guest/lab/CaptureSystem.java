// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.nio.file.Path;
import java.util.Optional;

/** What runs in the capture kernel. */
public sealed interface CaptureSystem {

  /** The lab's: it writes the dump at the beginning of the disk, and says when it is done. */
  record OfLab() implements CaptureSystem {}

  /**
   * A distribution's. It is done when it powers off or reboots; nothing is known of where on the
   * disk it puts the dump.
   *
   * @param initrd its initramfs, in any form that Linux unpacks
   * @param disk what the disk holds before the crash, if anything: file systems that it looks for
   */
  record Given(Path initrd, Optional<Path> disk) implements CaptureSystem {}
}
