/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boots by multiboot on a PC, finds the function of fake-vfio.c, and makes accesses of many
 * widths to its BAR 0, each after a byte written to 0xf0000 plus the access's number.
 */
#define MARKS	0xf0000

	.section .multiboot, "a"
	.long	0x1badb002, 0, -0x1badb002

	.text
	.globl	_start

	.macro	mark
	movb	$0, MARKS + row(%ebx)
	.set	row, row + 1
	.endm

	.set	row, 0

_start:
	cli
	/* Enable the vector registers. */
	movl	%cr0, %eax
	andl	$~4, %eax
	orl	$2, %eax
	movl	%eax, %cr0
	movl	%cr4, %eax
	orl	$0x600, %eax
	movl	%eax, %cr4

	movl	$0x80000000, %esi
find:	movl	%esi, %eax
	movw	$0xcf8, %dx
	outl	%eax, %dx
	movw	$0xcfc, %dx
	inl	%dx, %eax
	cmpl	$0xabcd1014, %eax
	je	found
	addl	$0x800, %esi
	cmpl	$0x80010000, %esi
	jb	find
	jmp	end

found:	leal	0x04(%esi), %eax
	movw	$0xcf8, %dx
	outl	%eax, %dx
	movw	$0xcfc, %dx
	movw	$2, %ax
	outw	%ax, %dx
	leal	0x10(%esi), %eax
	movw	$0xcf8, %dx
	outl	%eax, %dx
	movw	$0xcfc, %dx
	inl	%dx, %eax
	andl	$~0xf, %eax
	movl	%eax, %ebx
	movdqu	data, %xmm0
	movl	$0x44332211, %eax

	mark				/* 0: 1 byte */
	movb	%al, 0x100(%ebx)
	mark				/* 1: 2 bytes */
	movw	%ax, 0x100(%ebx)
	mark				/* 2: 4 bytes */
	movl	%eax, 0x100(%ebx)
	mark				/* 3: 8 bytes */
	movq	%xmm0, 0x100(%ebx)
	mark				/* 4: 16 bytes */
	movdqa	%xmm0, 0x100(%ebx)
	mark				/* 5: 2 bytes at an odd offset */
	movw	%ax, 0x201(%ebx)
	mark				/* 6: 4 bytes at offset 2 */
	movl	%eax, 0x202(%ebx)
	mark				/* 7: 4 bytes at an odd offset */
	movl	%eax, 0x201(%ebx)
	mark				/* 8: 8 bytes at offset 4 */
	movq	%xmm0, 0x204(%ebx)
	mark				/* 9: 8 bytes at an odd offset */
	movq	%xmm0, 0x201(%ebx)
	mark				/* 10: 16 bytes at offset 8 */
	movdqu	%xmm0, 0x208(%ebx)
	mark				/* 11: a string of bytes */
	movl	$data, %esi
	leal	0x300(%ebx), %edi
	movl	$16, %ecx
	cld
	rep movsb
	mark				/* 12: a string of words of 4 bytes */
	movl	$data, %esi
	leal	0x300(%ebx), %edi
	movl	$4, %ecx
	rep movsl
	mark				/* 13: read 1 byte */
	movb	0x100(%ebx), %al
	mark				/* 14: read 4 bytes */
	movl	0x100(%ebx), %eax
	mark				/* 15: read 8 bytes */
	movq	0x100(%ebx), %xmm1
	mark				/* 16: read 16 bytes */
	movdqa	0x100(%ebx), %xmm1
	mark				/* 17: read 4 bytes at an odd offset */
	movl	0x201(%ebx), %eax
	mark				/* 18: read 8 bytes at offset 4 */
	movq	0x204(%ebx), %xmm1
	mark

	/* isa-debug-exit */
end:	movw	$0x501, %dx
	movb	$0, %al
	outb	%al, %dx
1:	hlt
	jmp	1b

	.balign	16
data:	.byte	0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88
	.byte	0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xf1, 0xf2

	.section .note.GNU-stack, "", @progbits
