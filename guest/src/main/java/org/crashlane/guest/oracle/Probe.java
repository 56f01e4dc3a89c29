// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import org.crashlane.bits.Hex;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Request;
import org.crashlane.pci.RequesterId;

/**
 * A case that was tried once on real tables, with what came of it.
 *
 * @param tables the tables and the address
 * @param access whether the device read or wrote
 * @param observed what was seen
 */
public record Probe(ProbeCase tables, Access access, Observation observed) {

  /** {@return the request that {@code requester} made} */
  public Request request(RequesterId requester) {
    return new Request(requester, tables.iova(), access);
  }

  @Override
  public String toString() {
    return "probe %d, %s of %s".formatted(tables.id(), access, Hex.of(tables.iova()));
  }
}
