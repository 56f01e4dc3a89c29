// SPDX-License-Identifier: Apache-2.0
package org.crashlane.bits;

/**
 * What a manual or a driver has a name for: a constant of an enum, with its name beside it and
 * nothing built of it.
 */
public interface Term {

  /** {@return the name, or what it means in few words} */
  String meaning();
}
