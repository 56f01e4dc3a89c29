// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import org.crashlane.pci.RequesterId;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Devices as {@code lspci} prints them. */
final class RequesterConverter implements ITypeConverter<RequesterId> {
  @Override
  public RequesterId convert(String text) {
    try {
      return RequesterId.parse(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
