// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

import java.util.Set;

/**
 * The newest kernel of a series that Debian has.
 *
 * @param series such as {@code 6.12}
 * @param release as {@code uname -r} gives it
 * @param version of its package
 * @param flavours in which of Debian's configurations it is to be had whole
 * @param isCached true if the lab's cache holds the full one
 */
public record KernelOffer(
    String series, String release, String version, Set<KernelFlavour> flavours, boolean isCached) {

  public KernelOffer {
    flavours = Set.copyOf(flavours);
  }
}
