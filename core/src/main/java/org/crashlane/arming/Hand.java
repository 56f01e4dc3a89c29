// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.io.IOException;

/**
 * Who puts the identity mapping in place and takes it out: on the model, on a live guest from
 * outside, on a host from inside, on an image.
 */
public interface Hand {

  /** {@return what it works on} */
  Target target();

  /**
   * Does what {@code plan} says, entirely or not at all.
   *
   * @throws IOException if the journal cannot be kept; nothing is written then
   */
  ArmResult arm(ArmingPlan plan) throws IOException;

  /**
   * Takes out what the journal says was put in, as far as it still stands there.
   *
   * @throws IOException if there is no journal, or it cannot be kept
   */
  DisarmResult disarm() throws IOException;
}
