// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.parts;

/**
 * The newest kernel of a series that Debian has.
 *
 * @param series such as {@code 6.12}
 * @param release as {@code uname -r} gives it
 * @param version of its package
 * @param isCached true if the lab's cache holds it
 */
public record KernelOffer(String series, String release, String version, boolean isCached) {}
