/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Like widths-x86_64.S, for QEMU's virt machine with its configuration space in low memory.
 * The MMU is off, so only aligned accesses are possible.
 */
#define ECAM	0x3f000000
#define BAR	0x10000000
#define MARKS	0xf0000

	.text
	.globl	_start

	.macro	mark
	ldr	x9, =MARKS + row
	strb	wzr, [x1, x9]
	.set	row, row + 1
	.endm

	.set	row, 0

_start:
	/* Enable the vector registers. */
	mov	x0, #(3 << 20)
	msr	cpacr_el1, x0
	isb

	ldr	x2, =ECAM
	ldr	w3, =0xabcd1014
	mov	x4, #32
find:	ldr	w0, [x2]
	cmp	w0, w3
	b.eq	found
	add	x2, x2, #0x8000
	subs	x4, x4, #1
	b.ne	find
	b	end

found:	ldr	x1, =BAR
	str	w1, [x2, #0x10]
	str	wzr, [x2, #0x14]
	mov	w0, #2
	strh	w0, [x2, #4]
	add	x8, x1, #0x100
	ldr	x0, =0x8877665544332211
	ldr	x5, =0xf2f1eeddccbbaa99
	fmov	d0, x0
	ins	v0.d[1], x5

	mark				/* 0: 1 byte */
	strb	w0, [x1, #0x100]
	mark				/* 1: 2 bytes */
	strh	w0, [x1, #0x100]
	mark				/* 2: 4 bytes */
	str	w0, [x1, #0x100]
	mark				/* 3: 8 bytes */
	str	x0, [x1, #0x100]
	mark				/* 4: a pair of 4 bytes */
	stp	w0, w5, [x8]
	mark				/* 5: a pair of 8 bytes */
	stp	x0, x5, [x8]
	mark				/* 6: 16 bytes of a vector register */
	str	q0, [x1, #0x100]
	mark				/* 7: read 1 byte */
	ldrb	w6, [x1, #0x100]
	mark				/* 8: read 4 bytes */
	ldr	w6, [x1, #0x100]
	mark				/* 9: read 8 bytes */
	ldr	x6, [x1, #0x100]
	mark				/* 10: read a pair of 8 bytes */
	ldp	x6, x7, [x8]
	mark				/* 11: read 16 bytes */
	ldr	q1, [x1, #0x100]
	mark

	/* PSCI SYSTEM_OFF */
end:	ldr	w0, =0x84000008
	hvc	#0
1:	wfi
	b	1b

	.ltorg
	.section .note.GNU-stack, "", @progbits
