// SPDX-License-Identifier: MIT
// PIXEL_ORDER is defined by the renderer: rgb where the texture knows that bytes are B, G, R, X,
// bgr where it had to be told R, G, B, A. The fourth byte of a guest's pixel means nothing.

#ifdef GL_FRAGMENT_PRECISION_HIGH
precision highp float;  // mediump can't tell neighbouring texels apart beyond 1024
#else
precision mediump float;
#endif

uniform sampler2D picture;

varying vec2 texel;

void main() {
    gl_FragColor = vec4(texture2D(picture, texel).PIXEL_ORDER, 1.0);
}
