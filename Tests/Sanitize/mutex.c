// What ThreadSanitizer must know of Swift's `Mutex`.
//
// A `Mutex` that is free is taken in code that is compiled into its user, where ThreadSanitizer sees it. One that is
// held is waited for in Swift's library, which is not built for it: it then takes all that the lock guards for a race.
// These functions take the place of the library's, call them, and say who comes after whom.
//
// Should a later Swift name its functions otherwise, then what is here is not called, and the races are reported again:
// planted.swift shows it.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>
#include <stdbool.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *handle

// The methods of `Synchronization._MutexHandle`, as Swift mangles them.
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK_SLOW "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef SWIFT void LockSlow(uint32_t thread, SELF);
typedef SWIFT bool TryLockSlow(SELF);
typedef SWIFT void UnlockSlow(SELF);

LockSlow lockSlow __asm__(LOCK_SLOW);
TryLockSlow tryLockSlow __asm__(TRY_LOCK_SLOW);
UnlockSlow unlockSlow __asm__(UNLOCK_SLOW);

SWIFT void lockSlow(uint32_t thread, SELF) {
    ((LockSlow *)dlsym(RTLD_NEXT, LOCK_SLOW))(thread, handle);
    __tsan_acquire(handle);
}

SWIFT bool tryLockSlow(SELF) {
    bool isLocked = ((TryLockSlow *)dlsym(RTLD_NEXT, TRY_LOCK_SLOW))(handle);
    if (isLocked) __tsan_acquire(handle);
    return isLocked;
}

SWIFT void unlockSlow(SELF) {
    __tsan_release(handle);
    ((UnlockSlow *)dlsym(RTLD_NEXT, UNLOCK_SLOW))(handle);
}
