// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which QEMU it is: 7.2.22 is major 7, minor 2, micro 22.
 *
 * @param major first of the three
 * @param minor the second
 * @param micro the third: which correction of that release
 */
public record QemuVersion(int major, int minor, int micro) implements Comparable<QemuVersion> {
  private static final Pattern SAID =
      Pattern.compile("QEMU emulator version ([0-9]{1,6})\\.([0-9]{1,6})\\.([0-9]{1,6})");
  private static final Comparator<QemuVersion> ORDER =
      Comparator.comparingInt(QemuVersion::major)
          .thenComparingInt(QemuVersion::minor)
          .thenComparingInt(QemuVersion::micro);

  /** {@return what {@code text}, which a QEMU printed for {@code --version}, names} */
  public static Optional<QemuVersion> in(String text) {
    Matcher said = SAID.matcher(text);
    return said.find()
        ? Optional.of(
            new QemuVersion(
                Integer.parseInt(said.group(1)),
                Integer.parseInt(said.group(2)),
                Integer.parseInt(said.group(3))))
        : Optional.empty();
  }

  /** {@return the version that three numbers name, such as {@code 7.2.22}} */
  public static QemuVersion parse(String numbers) {
    return in("QEMU emulator version " + numbers)
        .orElseThrow(() -> new IllegalArgumentException("no version: " + numbers));
  }

  @Override
  public int compareTo(QemuVersion other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return major + "." + minor + "." + micro;
  }
}
