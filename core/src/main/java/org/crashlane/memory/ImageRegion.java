// SPDX-License-Identifier: Apache-2.0
package org.crashlane.memory;

/**
 * Where a run of physical addresses is in a file.
 *
 * @param physical the addresses
 * @param fileOffset where the first of them is, in bytes from the file's beginning
 */
public record ImageRegion(AddressRange physical, long fileOffset) {

  public ImageRegion {
    if (fileOffset < 0) {
      throw new IllegalArgumentException("negative file offset: " + fileOffset);
    }
  }
}
