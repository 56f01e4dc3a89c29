// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

/** How the capture kernel ended. */
public enum CaptureEnd {
  /** Its script ran to the end, whether or not there was a disk. */
  DONE,
  /** It panicked, or the guest went down by itself. */
  WENT_DOWN,
  /** It was not done in time. */
  TIMED_OUT
}
