// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.bits.Layout;
import org.crashlane.iommu.Fault;
import org.crashlane.pci.RequesterId;

/**
 * An entry of the event log: 16 bytes (AMD 48882, "Event Log Entry"; VirtualBox iommu-amd.h).
 *
 * @param code what it tells of, see {@link EventCode#of(int)}; 0 is no event
 * @param requester the device, where the event has one
 * @param pasidHigh the upper 4 bits of the PASID, where the event has one
 * @param domainId the domain, or the lower 16 bits of the PASID
 * @param flags see {@link EventFlags}
 * @param address the request's, a command's, or a table entry's
 */
public record EventRecord(
    int code, RequesterId requester, int pasidHigh, int domainId, int flags, long address) {
  /** Size of an entry in bytes. */
  public static final int BYTES = 16;

  private static final Layout.Fields LOW_FIELDS = Layout.named("event, low word");

  static final BitField DEVICE_ID = LOW_FIELDS.bits("DeviceID", 15, 0);
  static final BitField PASID_19_16 = LOW_FIELDS.bits("PASID_19_16", 19, 16);
  static final BitField RSVD_31_20 = LOW_FIELDS.bits("RSVD_31_20", 31, 20);
  static final BitField DOMAIN_ID = LOW_FIELDS.bits("DomainID", 47, 32);
  static final BitField FLAGS = LOW_FIELDS.bits("flags", 59, 48);
  static final BitField EVENT_CODE = LOW_FIELDS.bits("EventCode", 63, 60);

  /** The first word; the second is an address. */
  public static final Layout LOW = LOW_FIELDS.layout();

  private static final int ID_DIGITS = 4;

  /**
   * {@return the event that a unit logs of {@code fault}}
   *
   * <p>Of an error in reading a table the hardware logs the address of the table's entry, which a
   * fault does not tell: here it is the request's.
   *
   * @param domainId the domain in the device table entry; 0 where there is none
   */
  public static EventRecord of(Fault fault, int domainId) {
    return new EventRecord(
        FaultReason.codeOf(fault.reason()),
        fault.request().requester(),
        0,
        domainId,
        FaultReason.flagsOf(fault.reason()),
        fault.request().iova());
  }

  /** {@return what a log entry says, or nothing if none was written there} */
  public static Optional<EventRecord> decode(long low, long high) {
    int code = (int) EVENT_CODE.get(low);
    return code == 0
        ? Optional.empty()
        : Optional.of(
            new EventRecord(
                code,
                new RequesterId((int) DEVICE_ID.get(low)),
                (int) PASID_19_16.get(low),
                (int) DOMAIN_ID.get(low),
                (int) FLAGS.get(low),
                high));
  }

  /** {@return the entry's first word} */
  public long low() {
    return EVENT_CODE.of(code)
        | FLAGS.of(flags)
        | DOMAIN_ID.of(domainId)
        | PASID_19_16.of(pasidHigh)
        | DEVICE_ID.of(requester.value());
  }

  /** {@return the entry's second word} */
  public long high() {
    return address;
  }

  @Override
  public String toString() {
    return "%s %s domain=%s address=%s flags=%s"
        .formatted(
            EventCode.of(code).map(Enum::name).orElse("event " + Hex.of(code)),
            requester,
            Hex.of(domainId, ID_DIGITS),
            Hex.of(address),
            Hex.of(flags, ID_DIGITS));
  }
}
