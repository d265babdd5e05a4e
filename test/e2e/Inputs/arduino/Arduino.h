/* As much of Arduino's interface as Lathe's sketches use, for tests: what they
   print and do to the LED becomes text. board.cpp runs them. */
#ifndef LATHE_TEST_ARDUINO_H
#define LATHE_TEST_ARDUINO_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define LED_BUILTIN 13
#define A0 14
#define INPUT 0
#define OUTPUT 1
/* Short names that Arduino's own headers take, so that none is used. */
#define B1 1
#define F(text) (text)
#define PI 3.1415926535897932384626433832795
#define constrain(value, low, high)                                            \
  ((value) < (low) ? (low) : ((value) > (high) ? (high) : (value)))

unsigned long micros();
unsigned long millis();
void delay(unsigned long milliseconds);
void pinMode(int pin, int mode);
void analogWrite(int pin, int value);
int analogRead(int pin);

/* The overloads that all cores have; none for 64 bits. */
struct SerialPort {
  void begin(unsigned long baud);
  operator bool() { return true; }
  void print(const char *text);
  void print(char character);
  void print(unsigned char number);
  void print(int number);
  void print(unsigned number);
  void print(long number);
  void print(unsigned long number);
  void print(double number, int digits = 2);
  void println() { print("\n"); }
  template <typename... T> void println(T... what) {
    print(what...);
    println();
  }
};

extern SerialPort Serial;

#endif
