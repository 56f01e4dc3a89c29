// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import org.crashlane.pci.PciAddress;
import org.crashlane.pci.RequesterId;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Devices as {@code lspci} prints them, with or without the segment, which must be 0. */
final class RequesterConverter implements ITypeConverter<RequesterId> {
  @Override
  public RequesterId convert(String text) {
    try {
      PciAddress address = PciAddress.parse(text);
      if (address.segment() != 0) {
        throw new TypeConversionException("'" + text + "' is in another segment than 0000");
      }
      return address.requester();
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
