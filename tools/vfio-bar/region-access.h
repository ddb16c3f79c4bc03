/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VFIO_DEVICE_FEATURE_REGION_ACCESS of kernels with the rework, for system headers that do
 * not have it. integration/steps has the original.
 */
#ifndef REGION_ACCESS_H
#define REGION_ACCESS_H

#include <linux/vfio.h>

#ifndef VFIO_DEVICE_FEATURE_REGION_ACCESS
#define VFIO_DEVICE_FEATURE_REGION_ACCESS	14

struct vfio_region_access {
	__u32 max_width;
	__u32 boundary;
	__u32 align;
};

struct vfio_device_feature_region_access {
	__u32 index;
	__u32 flags;
	struct vfio_region_access read;
	struct vfio_region_access write;
	__aligned_u64 hole_offset;
	__aligned_u64 hole_size;
};

#define VFIO_REGION_ACCESS_NATURAL	0
#define VFIO_REGION_ACCESS_BLOCK	1
#define VFIO_REGION_ACCESS_ANY		2
#endif

#endif
