// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.spec.file;

import java.util.List;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.spec.ModeSpec;
import org.crashlane.model.spec.ModeSpec.Vtd;
import org.crashlane.model.spec.ModeSpec.VtdUnit;

/** Reads the VT-d units of a machine. */
final class VtdReader {
  private static final List<String> FIELDS =
      List.of("mode", "host-address-width", "iova-limit", "units", "reserved-memory");
  private static final List<String> UNIT_FIELDS =
      List.of("name", "registers", "segment", "address-width", "superpages", "caching-mode");
  private static final List<Integer> WIDTHS = List.of(39, 48, 57);

  private static final int REGISTER_BYTES = 4096;
  private static final int HOST_WIDTH_USUAL = 39;
  private static final int IOVA_LIMIT_MOST = 57;
  private static final int WIDE = 48;

  private final PagingReader reader;

  VtdReader(ObjectValue mapping, List<AddressRange> ram) {
    this.reader = new PagingReader(mapping.withOnly(FIELDS), ram);
  }

  ModeSpec vtd() {
    int hostAddressWidth = reader.hostAddressWidth(HOST_WIDTH_USUAL);
    List<VtdUnit> units = reader.units(UNIT_FIELDS, this::unit);
    return new Vtd(
        hostAddressWidth,
        units,
        reader.reserved(units, REGISTER_BYTES),
        reader.iovaLimit(IOVA_LIMIT_MOST));
  }

  private VtdUnit unit(ObjectValue object) {
    return new VtdUnit(
        object.required("name").name(),
        reader.registers(object, REGISTER_BYTES),
        PagingReader.segment(object),
        PagingReader.addressWidth(object, WIDE, WIDTHS),
        object.optional("superpages").map(Value::flag).orElse(true),
        object.optional("caching-mode").map(Value::flag).orElse(false));
  }
}
