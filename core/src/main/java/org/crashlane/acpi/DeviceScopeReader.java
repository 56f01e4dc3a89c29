// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.ByteReader;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Reason.Count;

/** Reads the device scopes that fill the rest of a remapping structure. */
final class DeviceScopeReader {
  private final List<TableProblem> problems;

  /**
   * @param problems what is wrong is added here
   */
  DeviceScopeReader(List<TableProblem> problems) {
    this.problems = problems;
  }

  /** Reads to the end of {@code in}, or to the first scope after which no next one can be found. */
  List<DeviceScope> read(ByteReader in) {
    List<DeviceScope> scopes = new ArrayList<>();
    while (in.remaining() > 0) {
      long offset = in.offset();
      int leftBytes = in.remaining();
      if (leftBytes < DmarLayout.SCOPE_HEADER_BYTES) {
        problem(offset, Flaw.REST_IS_NO_SCOPE, new Count(leftBytes));
        break;
      }
      int type = in.u8("scope type");
      int lengthBytes = in.u8("scope length");
      if (lengthBytes < DmarLayout.SCOPE_HEADER_BYTES) {
        problem(offset, Flaw.NEXT_SCOPE_NOT_FOUND, new Count(lengthBytes), new Count(leftBytes));
        break;
      }
      if (lengthBytes > leftBytes) {
        problem(offset, Flaw.SCOPE_BEYOND_STRUCTURE, new Count(lengthBytes), new Count(leftBytes));
      }
      int pathBytes = Math.min(lengthBytes, leftBytes) - DmarLayout.SCOPE_HEADER_BYTES;
      scopes.add(scope(type, new Extent(offset, lengthBytes), pathBytes, in));
    }
    return scopes;
  }

  private DeviceScope scope(int type, Extent at, int pathBytes, ByteReader in) {
    int flags = in.u8("scope flags");
    in.u8("reserved byte");
    int enumerationId = in.u8("enumeration id");
    int startBus = in.u8("start bus number");
    List<DeviceScope.Hop> path = path(in.window(pathBytes, "path"));
    DeviceScope scope = new DeviceScope(at, type, flags, enumerationId, startBus, path);
    if (path.isEmpty()) {
      problem(at.offset(), Flaw.SCOPE_WITHOUT_PATH);
    }
    return scope;
  }

  private List<DeviceScope.Hop> path(ByteReader in) {
    List<DeviceScope.Hop> path = new ArrayList<>();
    while (in.remaining() >= DmarLayout.PATH_ENTRY_BYTES) {
      long offset = in.offset();
      DeviceScope.Hop hop = new DeviceScope.Hop(in.u8("device"), in.u8("function"));
      if (!hop.exists()) {
        problem(offset, Flaw.PATH_BEYOND_PCI, new Count(hop.device()), new Count(hop.function()));
      }
      path.add(hop);
    }
    if (in.remaining() > 0) {
      problems.add(
          new TableProblem(in.offset(), Reason.of(Flaw.PATH_ENDS_IN_HALF_AN_ENTRY), false));
    }
    return path;
  }

  private void problem(long offset, Flaw flaw, Reason.Detail... details) {
    problems.add(new TableProblem(offset, Reason.of(flaw, details)));
  }
}
