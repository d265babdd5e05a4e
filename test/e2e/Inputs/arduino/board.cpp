/* Runs a sketch: setup once and loop LOOPS times. On a Cortex-M this is what the
   start-up of runtime/qemu calls. Time advances by a microsecond whenever it is
   asked for, and by what is waited. */
#include "Arduino.h"

void setup();
void loop();

#ifdef __arm__
extern "C" void lathe_port_print(const char *text);
static void put(const char *text) { lathe_port_print(text); }
#else
#include <stdio.h>
static void put(const char *text) { fputs(text, stdout); }
#endif

SerialPort Serial;
static unsigned long now;

unsigned long micros() { return ++now; }
unsigned long millis() { return now / 1000; }
void delay(unsigned long milliseconds) { now += 1000 * milliseconds; }
void pinMode(int pin, int mode) {
  Serial.print(mode == OUTPUT ? "output pin " : "input pin ");
  Serial.println(pin);
}
void analogWrite(int pin, int value) {
  Serial.print("pin ");
  Serial.print(pin);
  Serial.print(" = ");
  Serial.println(value);
}

int analogRead(int) { return 512; }

void SerialPort::begin(unsigned long) {}
void SerialPort::print(const char *text) { put(text); }
void SerialPort::print(char character) {
  char text[2] = {character, 0};
  put(text);
}
void SerialPort::print(unsigned char number) { print((unsigned long)number); }
void SerialPort::print(int number) { print((long)number); }
void SerialPort::print(unsigned number) { print((unsigned long)number); }
void SerialPort::print(long number) {
  if (number < 0)
    put("-");
  print(number < 0 ? 0 - (unsigned long)number : (unsigned long)number);
}
void SerialPort::print(unsigned long number) {
  char text[24];
  char *at = text + sizeof text;
  *--at = 0;
  do
    *--at = (char)('0' + number % 10);
  while (number /= 10);
  put(at);
}
void SerialPort::print(double number, int digits) {
  if (number < 0) {
    put("-");
    number = -number;
  }
  double half = 0.5;
  for (int i = 0; i < digits; ++i)
    half /= 10;
  number += half;
  unsigned long whole = (unsigned long)number;
  print(whole);
  put(".");
  for (number -= (double)whole; digits > 0; --digits) {
    number *= 10;
    print((char)('0' + (int)number));
    number -= (int)number;
  }
}

#ifdef __arm__
extern "C" int lathe_runner_main(size_t, const char *const *)
#else
int main()
#endif
{
  setup();
  for (int i = 0; i < LOOPS; ++i)
    loop();
  return 0;
}
