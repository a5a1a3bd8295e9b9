// SPDX-License-Identifier: MIT
// What is put before this defines
// SAMPLER: the kind of texture, sampler2D or samplerExternalOES;
// PIXEL_ORDER: which of the texture's channels are red, green and blue. One that was told that a
// guest's bytes are R, G, B, A when they are B, G, R, X has bgr. What a guest has in its fourth
// byte means nothing: a screen has no alpha.

#ifdef GL_FRAGMENT_PRECISION_HIGH
precision highp float;  // mediump can't tell neighbouring texels apart beyond 1024
#else
precision mediump float;
#endif

uniform SAMPLER picture;

// The middles of the outermost texels that are shown: left, top, right, bottom.
uniform vec4 inside;

varying vec2 texel;

void main() {
    vec2 at = clamp(texel, inside.xy, inside.zw);
    gl_FragColor = vec4(texture2D(picture, at).PIXEL_ORDER, 1.0);
}
