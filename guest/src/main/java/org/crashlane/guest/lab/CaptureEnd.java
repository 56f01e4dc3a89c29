// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

/** How the capture kernel ended. */
public enum CaptureEnd {
  /** Its script ran to the end, whether or not there was a disk. */
  DONE,
  /** It panicked. */
  DIED,
  /** It was not done in time: it hangs, or went down by itself. */
  NOT_DONE
}
