// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.bits.Printable;
import org.crashlane.memory.UnreadableMemoryException;
import org.crashlane.model.spec.file.MachineFileException;

/** What went wrong, in one line for people. */
final class Failure {
  private Failure() {}

  /** {@return one line, without the program's name} */
  static String describe(Throwable thrown) {
    return switch (thrown) {
      case UncheckedIOException e -> describe(e.getCause());
      case IOException e -> oneLine(describeIo(e));
      case MalformedInputException e -> oneLine(e.getMessage());
      case MachineFileException e -> oneLine(e.getMessage());
      case UnreadableMemoryException e -> oneLine(e.getMessage());
      case IllegalArgumentException e when e.getMessage() != null -> oneLine(e.getMessage());
      case OutOfMemoryError e ->
          "out of memory (%s): give more by JDK_JAVA_OPTIONS=-Xmx4g, say"
              .formatted(oneLine(String.valueOf(e.getMessage())));
      default ->
          "unexpected %s: this is a defect of crashlane; --debug shows where"
              .formatted(oneLine(thrown.toString()));
    };
  }

  private static String describeIo(IOException e) {
    return switch (e) {
      case NoSuchFileException f -> f.getFile() + ": no such file";
      case AccessDeniedException f -> f.getFile() + ": permission denied";
      case FileSystemException f when f.getReason() != null ->
          f.getFile() + ": " + f.getReason().toLowerCase(Locale.ROOT);
      case FileAlreadyExistsException f -> f.getFile() + ": exists, and is not a directory";
      case FileSystemException f -> f.getFile() + ": " + f.getClass().getSimpleName();
      default -> e.getMessage() == null ? e.toString() : e.getMessage();
    };
  }

  private static String oneLine(String text) {
    return Printable.line(text);
  }
}
