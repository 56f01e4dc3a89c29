// SPDX-License-Identifier: Apache-2.0
/** Machines as files that people write: read with every mistake told where it stands. */
package org.crashlane.model.spec.file;
