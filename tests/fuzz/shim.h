/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of the kernel that the files under test use, for user space.
 *
 * The Makefile makes a header for each name that they include, which includes this one.
 * What can be observed or can fail is a function of world.c.
 */
#ifndef FUZZ_SHIM_H
#define FUZZ_SHIM_H

#include <asm/types.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

/* ---- types ---- */

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __u16 __le16;
typedef __u32 __le32;
typedef __u64 __le64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;
typedef u64 resource_size_t;

#define __aligned_u64 __u64 __attribute__((aligned(8)))

#define U32_MAX		((u32)~0U)
#define S32_MAX		((s32)(U32_MAX >> 1))
typedef __s32 s32;

/* ---- the compiler ---- */

#define __user
#define __iomem
#define __init
#define __exit
#define noinline		__attribute__((noinline))
#define noinline_for_stack	noinline
#define __flatten
#undef __always_inline
#define __always_inline		inline
#undef __aligned
#define __aligned(x)		__attribute__((aligned(x)))
#undef __packed
#define __packed			__attribute__((packed))
#define likely(x)		(x)
#define unlikely(x)		(x)
#define __read_mostly
#define barrier()		__asm__ volatile("" : : : "memory")
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, val)	(*(volatile __typeof__(x) *)&(x) = (val))

/* As in the kernel's <linux/kconfig.h>: gives 0 for options that are not defined. */
#define FUZZ_ARG_1		0,
#define FUZZ_SECOND(ignored, second, ...)	second
#define FUZZ_DEFINED3(arg_or_junk)	FUZZ_SECOND(arg_or_junk 1, 0, 0)
#define FUZZ_DEFINED2(val)	FUZZ_DEFINED3(FUZZ_ARG_##val)
#define FUZZ_DEFINED(option)	FUZZ_DEFINED2(option)
#define IS_ENABLED(option)	FUZZ_DEFINED(option)
#define IS_BUILTIN(option)	FUZZ_DEFINED(option)

#define static_assert(expr)	_Static_assert(expr, #expr)
#define VISIBLE_IF_KUNIT	static
#define EXPORT_SYMBOL_IF_KUNIT(symbol)	extern int fuzz_no_export
#define EXPORT_SYMBOL_GPL(symbol)	extern int fuzz_no_export
#define MODULE_PARM_DESC(name, text)	extern int fuzz_no_export
#define MODULE_INFO(name, text)		extern int fuzz_no_export
#define MODULE_LICENSE(text)		extern int fuzz_no_export
#define MODULE_DESCRIPTION(text)	extern int fuzz_no_export
#define MODULE_VERSION(text)		extern int fuzz_no_export
#define THIS_MODULE			NULL
#define KBUILD_MODNAME			"fuzz"

/* ---- numbers ---- */

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

#define min(a, b) \
	({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a < _b ? _a : _b; })
#define max(a, b) \
	({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a > _b ? _a : _b; })
#define min_t(type, a, b)	min((type)(a), (type)(b))
#define max_t(type, a, b)	max((type)(a), (type)(b))
#define min_not_zero(a, b) \
	({ __typeof__(a) _m = (a); __typeof__(b) _n = (b); \
	   _m == 0 ? _n : (_n == 0 ? _m : min(_m, _n)); })

#define BIT_ULL(n)		(1ULL << (n))
#define SZ_4K			0x1000
#define round_down(x, y)	((x) & ~((__typeof__(x))(y) - 1))
#define is_power_of_2(n)	((n) != 0 && ((n) & ((n) - 1)) == 0)

static inline u64 rounddown_pow_of_two(u64 n)
{
	return 1ULL << (63 - __builtin_clzll(n));
}

static inline u64 roundup_pow_of_two(u64 n)
{
	return n <= 1 ? 1 : 1ULL << (64 - __builtin_clzll(n - 1));
}

#define cpu_to_le64(x)		(x)
#define cpu_to_le32(x)		(x)
#define cpu_to_le16(x)		(x)
#define le64_to_cpup(p)		(*(const __le64 *)(p))
#define le32_to_cpup(p)		(*(const __le32 *)(p))
#define le16_to_cpup(p)		(*(const __le16 *)(p))
#define cpu_to_be64s(p)		(*(p) = __builtin_bswap64(*(p)))
#define be64_to_cpus(p)		cpu_to_be64s(p)

/* ---- errors ---- */

#define ERR_PTR(err)		((void *)(long)(err))
#define IOMEM_ERR_PTR(err)	ERR_PTR(err)
#define IS_ERR(ptr)		((unsigned long)(ptr) >= (unsigned long)-4095)
#define PTR_ERR_OR_ZERO(ptr)	(IS_ERR(ptr) ? (int)PTR_ERR(ptr) : 0)
#define IS_ERR_OR_NULL(ptr)	(!(ptr) || IS_ERR(ptr))
#define PTR_ERR(ptr)		((long)(ptr))

#define WARN_ON_ONCE(cond) \
	({ bool _c = (cond); if (_c) fuzz_warned(#cond, __FILE__, __LINE__); _c; })

void fuzz_warned(const char *cond, const char *file, int line);

/* ---- memory, the user's and ours ---- */

#define GFP_KERNEL_ACCOUNT	0

void *kmalloc(size_t size, int flags);
void kfree(void *ptr);

void *fuzz_xchg(void **ptr, void *val);
void *fuzz_cmpxchg(void **ptr, void *old, void *val);

#define xchg(ptr, val)			fuzz_xchg((ptr), (val))
#define cmpxchg(ptr, old, val)		fuzz_cmpxchg((ptr), (old), (val))

unsigned long copy_from_user(void *to, const void *from, unsigned long n);
unsigned long copy_to_user(void *to, const void *from, unsigned long n);

/* ---- locks, scheduling ---- */

struct rw_semaphore {
	int readers;
	int writers;
};

struct spinlock {
	int held;
};

#define DEFINE_SPINLOCK(name)	struct spinlock name

struct task_struct;
#define current			((struct task_struct *)NULL)

void down_read(struct rw_semaphore *sem);
void up_read(struct rw_semaphore *sem);
void down_write(struct rw_semaphore *sem);
void up_write(struct rw_semaphore *sem);
void spin_lock(struct spinlock *lock);
void spin_unlock(struct spinlock *lock);
int fatal_signal_pending(struct task_struct *task);
void cond_resched(void);
unsigned int fuzz_array_index_nospec(unsigned int index, unsigned int size);

#define array_index_nospec(index, size)	fuzz_array_index_nospec((index), (size))

/* ---- MMIO ---- */

u64 readq(const void *addr);
u32 ioread32(const void *addr);
u16 ioread16(const void *addr);
u8 ioread8(const void *addr);
void writeq(u64 val, void *addr);
void iowrite32(u32 val, void *addr);
void iowrite16(u16 val, void *addr);
void iowrite8(u8 val, void *addr);
void *ioremap(u64 phys, size_t size);
void iounmap(void *addr);

/* ---- PCI ---- */

#define PCI_ROM_RESOURCE	6
#define PCI_VENDOR_ID_IBM	0x1014
#define IORESOURCE_IO		0x100
#define IORESOURCE_MEM		0x200

struct fuzz_resource {
	u64 start;
	u64 len;
	unsigned long flags;
	void *child;
};

struct pci_dev {
	u16 vendor;
	u16 device;
	u64 rom;
	size_t romlen;
	struct fuzz_resource resource[PCI_ROM_RESOURCE + 1];
	u32 fh;
	u32 maxstbl;
};

struct fuzz_resource *fuzz_resource(struct pci_dev *pdev, unsigned int index);

#define pci_resource_start(pdev, i)	(fuzz_resource((pdev), (i))->start)
#define pci_resource_len(pdev, i)	(fuzz_resource((pdev), (i))->len)
#define pci_resource_flags(pdev, i)	(fuzz_resource((pdev), (i))->flags)
#define pci_name(pdev)			"0000:00:00.0"

int pci_enable_rom(struct pci_dev *pdev);
void *pci_map_rom(struct pci_dev *pdev, size_t *size);
void pci_unmap_rom(struct pci_dev *pdev, void *rom);

/* ---- zPCI ---- */

#define ZPCI_CREATE_REQ(handle, space, len) \
	((u64)(handle) << 32 | (u64)(space) << 16 | (len))

#define to_zpci(pdev)	(pdev)

int __zpci_load(u64 *data, u64 req, u64 offset);
int __zpci_store(u64 data, u64 req, u64 offset);
int __zpci_store_block(const u64 *data, u64 req, u64 offset);

static inline bool vfio_pci_zdev_relaxed_align(struct pci_dev *pdev)
{
	return pdev->vendor == PCI_VENDOR_ID_IBM && pdev->device == 0x04ed;
}

/* ---- VFIO ---- */

struct vfio_pci_io_ops;
struct vfio_device;

struct vfio_device_ops {
	ssize_t (*read)(struct vfio_device *device, char *buf, size_t count, loff_t *ppos);
	ssize_t (*write)(struct vfio_device *device, const char *buf, size_t count, loff_t *ppos);
};

struct vfio_device {
	const struct vfio_device_ops *ops;
};

struct vfio_pci_core_device {
	struct vfio_device vdev;
	struct pci_dev *pdev;
	struct rw_semaphore memory_lock;
	u8 region_shift; /* the series adds this and the next three */
	u32 bar_max_width;
	void *bar_bounce;
	const struct vfio_pci_io_ops *bar_ops;
	void *barmap[6];
	int msix_bar;
	u32 msix_offset;
	u16 msix_size;
};

/* As in the series. */
#define VFIO_PCI_REGION_SHIFT		40
#define VFIO_PCI_REGION_SHIFT_LARGE	56

static inline u32 vfio_pci_region_index(const struct vfio_pci_core_device *vdev, u64 pos)
{
	return pos >> vdev->region_shift;
}

static inline u64 vfio_pci_region_offset(const struct vfio_pci_core_device *vdev, u64 pos)
{
	return pos & (BIT_ULL(vdev->region_shift) - 1);
}

static inline u64 vfio_pci_region_pos(const struct vfio_pci_core_device *vdev, u32 index)
{
	return (u64)index << vdev->region_shift;
}

enum vfio_pci_io_width {
	VFIO_PCI_IO_WIDTH_1 = 1,
	VFIO_PCI_IO_WIDTH_2 = 2,
	VFIO_PCI_IO_WIDTH_4 = 4,
	VFIO_PCI_IO_WIDTH_8 = 8,
};

#include "../../tools/vfio-bar/region-access.h"

/* Makes the same checks as the kernel's. */
static inline int vfio_check_feature(u32 flags, size_t argsz, u32 supported_ops, size_t minsz)
{
	u32 ops = flags & (VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET);

	if (ops & ~supported_ops)
		return -EINVAL;
	if (flags & VFIO_DEVICE_FEATURE_PROBE)
		return 0;
	if (!ops || argsz < minsz)
		return -EINVAL;

	return 1;
}

bool __vfio_pci_memory_enabled(struct vfio_pci_core_device *vdev);
void *vfio_pci_core_get_iomap(struct vfio_pci_core_device *vdev, unsigned int bar);
ssize_t vfio_pci_core_read(struct vfio_device *device, char *buf, size_t count, loff_t *ppos);
ssize_t vfio_pci_core_write(struct vfio_device *device, const char *buf, size_t count,
			    loff_t *ppos);
int vfio_pci_core_feature_region_access(struct vfio_device *device, u32 flags, void *arg,
					size_t argsz);
ssize_t vfio_pci_core_do_io_rw(struct vfio_pci_core_device *vdev, bool test_mem, void *io,
			       char *buf, loff_t off, size_t count, size_t x_start,
			       size_t x_end, bool iswrite, enum vfio_pci_io_width max_width);
int vfio_pci_core_iowrite16(struct vfio_pci_core_device *vdev, bool test_mem, u16 val, void *io);
int vfio_pci_core_ioread16(struct vfio_pci_core_device *vdev, bool test_mem, u16 *val, void *io);

/* ---- the tracepoint ---- */

#define DECLARE_TRACEPOINT(name)	bool trace_##name##_enabled(void)
#define tracepoint_enabled(name)	trace_##name##_enabled()
#define TP_PROTO(...)		__VA_ARGS__
#define TP_ARGS(...)		__VA_ARGS__
#define TRACE_EVENT(name, proto, args, ...) \
	bool trace_##name##_enabled(void); \
	void trace_##name(proto)

/* ---- module parameters ---- */

struct kernel_param {
	const struct kernel_param_ops *ops;
	void *arg;
};

struct kernel_param_ops {
	int (*set)(const char *val, const struct kernel_param *kp);
	int (*get)(char *buf, const struct kernel_param *kp);
};

#define module_param_cb(name, operations, argument, perm) \
	const struct kernel_param fuzz_param_##name = { operations, argument }

extern const struct kernel_param fuzz_param_bar_max_width;

#define pr_err(...)	fuzz_pr_err(__VA_ARGS__)

void fuzz_pr_err(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int fuzz_sscanf(const char *str, const char *fmt, ...) __attribute__((format(scanf, 2, 3)));
int sysfs_emit_at(char *buf, int at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#define sysfs_emit(buf, ...)	sysfs_emit_at((buf), 0, __VA_ARGS__)

/* ---- the livepatch ---- */

struct klp_func {
	const char *old_name;
	void *new_func;
};

struct module;

struct klp_object {
	const char *name;
	struct klp_func *funcs;
	struct {
		int (*pre_patch)(struct klp_object *obj);
	} callbacks;
	struct module *mod;
};

struct klp_patch {
	void *mod;
	struct klp_object *objs;
};

int klp_enable_patch(struct klp_patch *patch);
int compat_vfio_pci_check_origin(const struct module *mod);

#define module_init(fn)		int fuzz_module_init(void) { return fn(); }
#define module_exit(fn)		void fuzz_module_exit(void) { fn(); }

int fuzz_module_init(void);
void fuzz_module_exit(void);

#endif
