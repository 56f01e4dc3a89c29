// SPDX-License-Identifier: Apache-2.0
/** The model as a stage on which a crash is rehearsed. */
package org.crashlane.model.stage;
