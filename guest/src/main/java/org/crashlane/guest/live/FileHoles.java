// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * Where a file has holes: SEEK_HOLE of lseek(2), which the JDK does not offer. A hole in a file of
 * a guest's memory is memory that neither the guest nor its devices have ever touched. Where a file
 * system knows no holes, there are none.
 */
final class FileHoles implements AutoCloseable {
  private static final int O_RDONLY = 0;
  private static final int O_CLOEXEC = 0x80000;
  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;

  private static final MethodHandle LSEEK =
      function("lseek", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);

  private final int descriptor;

  private FileHoles(int descriptor) {
    this.descriptor = descriptor;
  }

  static FileHoles open(Path file) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      int descriptor =
          (int)
              function("open", JAVA_INT, ADDRESS, JAVA_INT)
                  .invokeExact(arena.allocateFrom(file.toString()), O_RDONLY | O_CLOEXEC);
      if (descriptor < 0) {
        throw new IOException(file + ": cannot be opened");
      }
      return new FileHoles(descriptor);
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("calling the C library failed", e);
    }
  }

  /**
   * {@return true if there is nothing but a hole there} Data is looked for first: tmpfs looks at
   * each page of data on the way to the next hole, which takes seconds where a guest has touched
   * all of many GiB.
   */
  boolean isHole(long offset, long sizeBytes) {
    try {
      long data = (long) LSEEK.invokeExact(descriptor, offset, SEEK_DATA);
      // Without data behind a hole it says ENXIO, and EINVAL where it knows neither.
      return data < 0
          ? (long) LSEEK.invokeExact(descriptor, offset, SEEK_HOLE) == offset
          : data - offset >= sizeBytes;
    } catch (Throwable e) {
      throw new IllegalStateException("calling the C library failed", e);
    }
  }

  @Override
  public void close() {
    try {
      int closed = (int) function("close", JAVA_INT, JAVA_INT).invokeExact(descriptor);
      assert closed == 0 : "of a descriptor that is open";
    } catch (Throwable e) {
      throw new IllegalStateException("calling the C library failed", e);
    }
  }

  @SuppressWarnings("restricted") // the module is given native access, see the launcher
  private static MethodHandle function(
      String name, MemoryLayout result, MemoryLayout... arguments) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, arguments));
  }
}
