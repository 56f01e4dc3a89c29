// SPDX-License-Identifier: Apache-2.0
package org.crashlane.linux;

import java.util.List;
import org.crashlane.acpi.DeviceScope;
import org.crashlane.acpi.DmarStructure.Rmrr;
import org.crashlane.acpi.Extent;
import org.crashlane.acpi.IvrsBlock.Ivmd;
import org.crashlane.memory.AddressRange;

/**
 * Memory that Linux maps at its own address for devices that firmware uses.
 *
 * @param at where its structure is in the table
 * @param name the specification's abbreviation of the structure, RMRR or IVMD
 * @param segment PCI segment of the devices
 * @param range the memory
 * @param users the devices
 */
public record MappedRegion(Extent at, String name, int segment, AddressRange range, Users users) {

  /** The devices of a region, as its table has them. */
  public sealed interface Users {

    /** Those of an RMRR structure, some of them behind bridges. */
    record Scopes(Rmrr region) implements Users {
      /** {@return true if nothing of the structure is left unread} */
      public boolean areAll() {
        List<DeviceScope> scopes = region.scopes();
        Extent last = scopes.isEmpty() ? region.at() : scopes.getLast().at();
        return !scopes.isEmpty()
            && last.offset() + last.lengthBytes()
                == region.at().offset() + region.at().lengthBytes();
      }
    }

    /** Those of an IVMD block, by their requester ids. */
    record Requesters(Ivmd block) implements Users {}
  }

  /** {@return the devices, as the table names them} */
  public List<String> devices() {
    return switch (users) {
      case Users.Scopes(Rmrr region) -> region.scopes().stream().map(DeviceScope::text).toList();
      case Users.Requesters(Ivmd block) -> List.of(block.devicesText());
    };
  }
}
