// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.qmp;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Which process listens on a unix socket: SO_PEERCRED of unix(7), which the JDK answers without the
 * process id. Asked on a connection of its own, which is closed at once; QEMU serves one client at
 * a time and may never see this one.
 */
public final class SocketPeer {
  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM = 1;
  private static final int SOCK_NONBLOCK = 0x800;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int SOL_SOCKET = 1;
  private static final int SO_PEERCRED = 17;
  private static final MemoryLayout SOCKADDR_UN =
      MemoryLayout.structLayout(
          JAVA_SHORT.withName("sun_family"),
          MemoryLayout.sequenceLayout(108, JAVA_BYTE).withName("sun_path"));
  private static final MemoryLayout UCRED =
      MemoryLayout.structLayout(
          JAVA_INT.withName("pid"), JAVA_INT.withName("uid"), JAVA_INT.withName("gid"));

  private SocketPeer() {}

  /**
   * {@return the id of the process that listens on {@code socket}; 0 if it is in a PID namespace
   * that is not seen from here}
   *
   * @throws IOException if nobody listens, or the socket's queue is full
   */
  public static int processId(Path socket) throws IOException {
    byte[] path = socket.toString().getBytes(StandardCharsets.UTF_8);
    if (path.length >= SOCKADDR_UN.byteSize() - JAVA_SHORT.byteSize()) {
      throw new IOException(socket + ": the path is too long for a socket");
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = arena.allocate(SOCKADDR_UN);
      address.set(JAVA_SHORT, 0, (short) AF_UNIX);
      MemorySegment.copy(path, 0, address, JAVA_BYTE, JAVA_SHORT.byteSize(), path.length);
      MemorySegment credentials = arena.allocate(UCRED);
      MemorySegment length = arena.allocateFrom(JAVA_INT, (int) UCRED.byteSize());
      int descriptor =
          (int)
              function("socket", JAVA_INT, JAVA_INT, JAVA_INT)
                  .invokeExact(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      try {
        int connected =
            (int)
                function("connect", JAVA_INT, ADDRESS, JAVA_INT)
                    .invokeExact(descriptor, address, (int) SOCKADDR_UN.byteSize());
        int asked =
            connected < 0
                ? connected
                : (int)
                    function("getsockopt", JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS)
                        .invokeExact(descriptor, SOL_SOCKET, SO_PEERCRED, credentials, length);
        if (asked < 0) {
          throw new IOException(
              socket + ": cannot find out which process listens (do other clients hold it?)");
        }
        return credentials.get(JAVA_INT, 0);
      } finally {
        int closed = (int) function("close", JAVA_INT).invokeExact(descriptor);
        assert closed == 0 : "of a descriptor that is open";
      }
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("calling the C library failed", e);
    }
  }

  @SuppressWarnings("restricted") // the module is given native access, see the launcher
  private static MethodHandle function(String name, MemoryLayout... arguments) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(JAVA_INT, arguments));
  }
}
