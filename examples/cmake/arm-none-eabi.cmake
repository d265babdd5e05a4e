# A toolchain file for CMake: GCC for Arm's microcontrollers, here a Cortex-M4. Change the flags for another
# core; lathe targets NAME shows those that Lathe uses.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_ASM_COMPILER arm-none-eabi-gcc)
set(core "-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16")
set(CMAKE_C_FLAGS_INIT ${core})
set(CMAKE_ASM_FLAGS_INIT ${core})
# System calls that do nothing, in place of a board's own start-up and output.
set(CMAKE_EXE_LINKER_FLAGS_INIT "--specs=nosys.specs")
# A program for a board cannot be linked before there is one.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
