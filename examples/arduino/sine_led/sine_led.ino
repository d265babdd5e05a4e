// The built-in LED breathes: a neural network computes the sine that sets its
// brightness. The serial plotter (Tools, Serial Plotter, 115200 baud) draws it.
//
// The library "sine" is what this command writes:
//   lathe compile examples/sine/sine.onnx --target=BOARD -o sine
#include <sine.h>

// The working memory of the model. Its size is known when the model is compiled.
alignas(SINE_ARENA_ALIGN) static uint8_t arena[SINE_ARENA_SIZE];

const float fullTurn = 6.2831853f; // the model knows angles from 0 to 2 pi
const float step = fullTurn / 100;

static float angle = 0.0f;

void setup() {
  pinMode(LED_BUILTIN, OUTPUT);
  Serial.begin(115200);
}

void loop() {
  float sine = 0.0f;
  const unsigned long start = micros();
  const int status = sine_run(&angle, &sine, arena);
  const unsigned long duration = micros() - start;
  if (status != SINE_OK) {
    Serial.print("error ");
    Serial.println(status);
    delay(1000);
    return;
  }

  // -1 to 1 becomes 0 to 255. The model is not exact: it may say 1.001.
  const long brightness = (long)(127.5f + 127.5f * sine);
  analogWrite(LED_BUILTIN, (int)constrain(brightness, 0L, 255L));

  Serial.print("sine:");
  Serial.print(sine, 4);
  Serial.print(" microseconds:");
  Serial.println(duration);

  angle += step;
  if (angle > fullTurn)
    angle -= fullTurn;
  delay(20);
}
