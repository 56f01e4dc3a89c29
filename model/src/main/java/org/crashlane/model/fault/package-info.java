// SPDX-License-Identifier: Apache-2.0
/** Mistakes put into mapping drivers and into the arming, and the hunt for them. */
package org.crashlane.model.fault;
