// SPDX-License-Identifier: MIT
#include "input/key_names.h"

#include <linux/input-event-codes.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace oriel::input {
namespace {

struct Key {
    uint16_t code;
    std::string_view evdev;
    std::string_view qemu;
};

// One row a key, whatever a formatter would make of it.
// clang-format off
constexpr std::array kKeys = std::to_array<Key>({
    {KEY_ESC, "esc", "esc"},
    {KEY_1, "1", "1"},
    {KEY_2, "2", "2"},
    {KEY_3, "3", "3"},
    {KEY_4, "4", "4"},
    {KEY_5, "5", "5"},
    {KEY_6, "6", "6"},
    {KEY_7, "7", "7"},
    {KEY_8, "8", "8"},
    {KEY_9, "9", "9"},
    {KEY_0, "0", "0"},
    {KEY_MINUS, "minus", "minus"},
    {KEY_EQUAL, "equal", "equal"},
    {KEY_BACKSPACE, "backspace", "backspace"},
    {KEY_TAB, "tab", "tab"},
    {KEY_Q, "q", "q"},
    {KEY_W, "w", "w"},
    {KEY_E, "e", "e"},
    {KEY_R, "r", "r"},
    {KEY_T, "t", "t"},
    {KEY_Y, "y", "y"},
    {KEY_U, "u", "u"},
    {KEY_I, "i", "i"},
    {KEY_O, "o", "o"},
    {KEY_P, "p", "p"},
    {KEY_LEFTBRACE, "leftbrace", "bracket_left"},
    {KEY_RIGHTBRACE, "rightbrace", "bracket_right"},
    {KEY_ENTER, "enter", "ret"},
    {KEY_LEFTCTRL, "leftctrl", "ctrl"},
    {KEY_A, "a", "a"},
    {KEY_S, "s", "s"},
    {KEY_D, "d", "d"},
    {KEY_F, "f", "f"},
    {KEY_G, "g", "g"},
    {KEY_H, "h", "h"},
    {KEY_J, "j", "j"},
    {KEY_K, "k", "k"},
    {KEY_L, "l", "l"},
    {KEY_SEMICOLON, "semicolon", "semicolon"},
    {KEY_APOSTROPHE, "apostrophe", "apostrophe"},
    {KEY_GRAVE, "grave", "grave_accent"},
    {KEY_LEFTSHIFT, "leftshift", "shift"},
    {KEY_BACKSLASH, "backslash", "backslash"},
    {KEY_Z, "z", "z"},
    {KEY_X, "x", "x"},
    {KEY_C, "c", "c"},
    {KEY_V, "v", "v"},
    {KEY_B, "b", "b"},
    {KEY_N, "n", "n"},
    {KEY_M, "m", "m"},
    {KEY_COMMA, "comma", "comma"},
    {KEY_DOT, "dot", "dot"},
    {KEY_SLASH, "slash", "slash"},
    {KEY_RIGHTSHIFT, "rightshift", "shift_r"},
    {KEY_KPASTERISK, "kpasterisk", "kp_multiply"},
    {KEY_LEFTALT, "leftalt", "alt"},
    {KEY_SPACE, "space", "spc"},
    {KEY_CAPSLOCK, "capslock", "caps_lock"},
    {KEY_F1, "f1", "f1"},
    {KEY_F2, "f2", "f2"},
    {KEY_F3, "f3", "f3"},
    {KEY_F4, "f4", "f4"},
    {KEY_F5, "f5", "f5"},
    {KEY_F6, "f6", "f6"},
    {KEY_F7, "f7", "f7"},
    {KEY_F8, "f8", "f8"},
    {KEY_F9, "f9", "f9"},
    {KEY_F10, "f10", "f10"},
    {KEY_NUMLOCK, "numlock", "num_lock"},
    {KEY_SCROLLLOCK, "scrolllock", "scroll_lock"},
    {KEY_KP7, "kp7", "kp_7"},
    {KEY_KP8, "kp8", "kp_8"},
    {KEY_KP9, "kp9", "kp_9"},
    {KEY_KPMINUS, "kpminus", "kp_subtract"},
    {KEY_KP4, "kp4", "kp_4"},
    {KEY_KP5, "kp5", "kp_5"},
    {KEY_KP6, "kp6", "kp_6"},
    {KEY_KPPLUS, "kpplus", "kp_add"},
    {KEY_KP1, "kp1", "kp_1"},
    {KEY_KP2, "kp2", "kp_2"},
    {KEY_KP3, "kp3", "kp_3"},
    {KEY_KP0, "kp0", "kp_0"},
    {KEY_KPDOT, "kpdot", "kp_decimal"},
    {KEY_ZENKAKUHANKAKU, "zenkakuhankaku", ""},
    {KEY_102ND, "102nd", "less"},
    {KEY_F11, "f11", "f11"},
    {KEY_F12, "f12", "f12"},
    {KEY_RO, "ro", "ro"},
    {KEY_KATAKANA, "katakana", ""},
    {KEY_HIRAGANA, "hiragana", "hiragana"},
    {KEY_HENKAN, "henkan", "henkan"},
    {KEY_KATAKANAHIRAGANA, "katakanahiragana", "katakanahiragana"},
    {KEY_MUHENKAN, "muhenkan", "muhenkan"},
    {KEY_KPJPCOMMA, "kpjpcomma", ""},
    {KEY_KPENTER, "kpenter", "kp_enter"},
    {KEY_RIGHTCTRL, "rightctrl", "ctrl_r"},
    {KEY_KPSLASH, "kpslash", "kp_divide"},
    {KEY_SYSRQ, "sysrq", "print"},
    {KEY_RIGHTALT, "rightalt", "alt_r"},
    {KEY_LINEFEED, "linefeed", "lf"},
    {KEY_HOME, "home", "home"},
    {KEY_UP, "up", "up"},
    {KEY_PAGEUP, "pageup", "pgup"},
    {KEY_LEFT, "left", "left"},
    {KEY_RIGHT, "right", "right"},
    {KEY_END, "end", "end"},
    {KEY_DOWN, "down", "down"},
    {KEY_PAGEDOWN, "pagedown", "pgdn"},
    {KEY_INSERT, "insert", "insert"},
    {KEY_DELETE, "delete", "delete"},
    {KEY_MACRO, "macro", ""},
    {KEY_MUTE, "mute", "audiomute"},
    {KEY_VOLUMEDOWN, "volumedown", "volumedown"},
    {KEY_VOLUMEUP, "volumeup", "volumeup"},
    {KEY_POWER, "power", "power"},
    {KEY_KPEQUAL, "kpequal", "kp_equals"},
    {KEY_KPPLUSMINUS, "kpplusminus", ""},
    {KEY_PAUSE, "pause", "pause"},
    {KEY_SCALE, "scale", ""},
    {KEY_KPCOMMA, "kpcomma", "kp_comma"},
    {KEY_HANGEUL, "hangeul", "lang1"},
    {KEY_HANJA, "hanja", "lang2"},
    {KEY_YEN, "yen", "yen"},
    {KEY_LEFTMETA, "leftmeta", "meta_l"},
    {KEY_RIGHTMETA, "rightmeta", "meta_r"},
    {KEY_COMPOSE, "compose", "compose"},
    {KEY_STOP, "stop", "stop"},
    {KEY_AGAIN, "again", "again"},
    {KEY_PROPS, "props", "props"},
    {KEY_UNDO, "undo", "undo"},
    {KEY_FRONT, "front", "front"},
    {KEY_COPY, "copy", "copy"},
    {KEY_OPEN, "open", "open"},
    {KEY_PASTE, "paste", "paste"},
    {KEY_FIND, "find", "find"},
    {KEY_CUT, "cut", "cut"},
    {KEY_HELP, "help", "help"},
    {KEY_MENU, "menu", "menu"},
    {KEY_CALC, "calc", "calculator"},
    {KEY_SETUP, "setup", ""},
    {KEY_SLEEP, "sleep", "sleep"},
    {KEY_WAKEUP, "wakeup", "wake"},
    {KEY_FILE, "file", ""},
    {KEY_SENDFILE, "sendfile", ""},
    {KEY_DELETEFILE, "deletefile", ""},
    {KEY_XFER, "xfer", ""},
    {KEY_PROG1, "prog1", ""},
    {KEY_PROG2, "prog2", ""},
    {KEY_WWW, "www", ""},
    {KEY_MSDOS, "msdos", ""},
    {KEY_COFFEE, "coffee", ""},
    {KEY_ROTATE_DISPLAY, "rotate_display", ""},
    {KEY_CYCLEWINDOWS, "cyclewindows", ""},
    {KEY_MAIL, "mail", "mail"},
    {KEY_BOOKMARKS, "bookmarks", "ac_bookmarks"},
    {KEY_COMPUTER, "computer", "computer"},
    {KEY_BACK, "back", "ac_back"},
    {KEY_FORWARD, "forward", "ac_forward"},
    {KEY_CLOSECD, "closecd", ""},
    {KEY_EJECTCD, "ejectcd", ""},
    {KEY_EJECTCLOSECD, "ejectclosecd", ""},
    {KEY_NEXTSONG, "nextsong", "audionext"},
    {KEY_PLAYPAUSE, "playpause", "audioplay"},
    {KEY_PREVIOUSSONG, "previoussong", "audioprev"},
    {KEY_STOPCD, "stopcd", "audiostop"},
    {KEY_RECORD, "record", ""},
    {KEY_REWIND, "rewind", ""},
    {KEY_PHONE, "phone", ""},
    {KEY_ISO, "iso", ""},
    {KEY_CONFIG, "config", ""},
    {KEY_HOMEPAGE, "homepage", "ac_home"},
    {KEY_REFRESH, "refresh", "ac_refresh"},
    {KEY_EXIT, "exit", ""},
    {KEY_MOVE, "move", ""},
    {KEY_EDIT, "edit", ""},
    {KEY_SCROLLUP, "scrollup", ""},
    {KEY_SCROLLDOWN, "scrolldown", ""},
    {KEY_KPLEFTPAREN, "kpleftparen", ""},
    {KEY_KPRIGHTPAREN, "kprightparen", ""},
    {KEY_NEW, "new", ""},
    {KEY_REDO, "redo", ""},
    {KEY_F13, "f13", "f13"},
    {KEY_F14, "f14", "f14"},
    {KEY_F15, "f15", "f15"},
    {KEY_F16, "f16", "f16"},
    {KEY_F17, "f17", "f17"},
    {KEY_F18, "f18", "f18"},
    {KEY_F19, "f19", "f19"},
    {KEY_F20, "f20", "f20"},
    {KEY_F21, "f21", "f21"},
    {KEY_F22, "f22", "f22"},
    {KEY_F23, "f23", "f23"},
    {KEY_F24, "f24", "f24"},
    {KEY_PLAYCD, "playcd", ""},
    {KEY_PAUSECD, "pausecd", ""},
    {KEY_PROG3, "prog3", ""},
    {KEY_PROG4, "prog4", ""},
    {KEY_ALL_APPLICATIONS, "all_applications", ""},
    {KEY_SUSPEND, "suspend", ""},
    {KEY_CLOSE, "close", ""},
    {KEY_PLAY, "play", ""},
    {KEY_FASTFORWARD, "fastforward", ""},
    {KEY_BASSBOOST, "bassboost", ""},
    {KEY_PRINT, "print", ""},
    {KEY_HP, "hp", ""},
    {KEY_CAMERA, "camera", ""},
    {KEY_SOUND, "sound", ""},
    {KEY_QUESTION, "question", ""},
    {KEY_EMAIL, "email", ""},
    {KEY_CHAT, "chat", ""},
    {KEY_SEARCH, "search", ""},
    {KEY_CONNECT, "connect", ""},
    {KEY_FINANCE, "finance", ""},
    {KEY_SPORT, "sport", ""},
    {KEY_SHOP, "shop", ""},
    {KEY_ALTERASE, "alterase", ""},
    {KEY_CANCEL, "cancel", ""},
    {KEY_BRIGHTNESSDOWN, "brightnessdown", ""},
    {KEY_BRIGHTNESSUP, "brightnessup", ""},
    {KEY_MEDIA, "media", "mediaselect"},
    {KEY_SWITCHVIDEOMODE, "switchvideomode", ""},
    {KEY_KBDILLUMTOGGLE, "kbdillumtoggle", ""},
    {KEY_KBDILLUMDOWN, "kbdillumdown", ""},
    {KEY_KBDILLUMUP, "kbdillumup", ""},
    {KEY_SEND, "send", ""},
    {KEY_REPLY, "reply", ""},
    {KEY_FORWARDMAIL, "forwardmail", ""},
    {KEY_SAVE, "save", ""},
    {KEY_DOCUMENTS, "documents", ""},
    {KEY_BATTERY, "battery", ""},
    {KEY_BLUETOOTH, "bluetooth", ""},
    {KEY_WLAN, "wlan", ""},
    {KEY_UWB, "uwb", ""},
    {KEY_VIDEO_NEXT, "video_next", ""},
    {KEY_VIDEO_PREV, "video_prev", ""},
    {KEY_BRIGHTNESS_CYCLE, "brightness_cycle", ""},
    {KEY_BRIGHTNESS_AUTO, "brightness_auto", ""},
    {KEY_DISPLAY_OFF, "display_off", ""},
    {KEY_WWAN, "wwan", ""},
    {KEY_RFKILL, "rfkill", ""},
    {KEY_MICMUTE, "micmute", ""},
    {KEY_OK, "ok", ""},
    {KEY_SELECT, "select", ""},
    {KEY_GOTO, "goto", ""},
    {KEY_CLEAR, "clear", ""},
    {KEY_POWER2, "power2", ""},
    {KEY_OPTION, "option", ""},
    {KEY_INFO, "info", ""},
    {KEY_TIME, "time", ""},
    {KEY_VENDOR, "vendor", ""},
    {KEY_ARCHIVE, "archive", ""},
    {KEY_PROGRAM, "program", ""},
    {KEY_CHANNEL, "channel", ""},
    {KEY_FAVORITES, "favorites", ""},
    {KEY_EPG, "epg", ""},
    {KEY_PVR, "pvr", ""},
    {KEY_MHP, "mhp", ""},
    {KEY_LANGUAGE, "language", ""},
    {KEY_TITLE, "title", ""},
    {KEY_SUBTITLE, "subtitle", ""},
    {KEY_ANGLE, "angle", ""},
    {KEY_FULL_SCREEN, "full_screen", ""},
    {KEY_MODE, "mode", ""},
    {KEY_KEYBOARD, "keyboard", ""},
    {KEY_ASPECT_RATIO, "aspect_ratio", ""},
    {KEY_PC, "pc", ""},
    {KEY_TV, "tv", ""},
    {KEY_TV2, "tv2", ""},
    {KEY_VCR, "vcr", ""},
    {KEY_VCR2, "vcr2", ""},
    {KEY_SAT, "sat", ""},
    {KEY_SAT2, "sat2", ""},
    {KEY_CD, "cd", ""},
    {KEY_TAPE, "tape", ""},
    {KEY_RADIO, "radio", ""},
    {KEY_TUNER, "tuner", ""},
    {KEY_PLAYER, "player", ""},
    {KEY_TEXT, "text", ""},
    {KEY_DVD, "dvd", ""},
    {KEY_AUX, "aux", ""},
    {KEY_MP3, "mp3", ""},
    {KEY_AUDIO, "audio", ""},
    {KEY_VIDEO, "video", ""},
    {KEY_DIRECTORY, "directory", ""},
    {KEY_LIST, "list", ""},
    {KEY_MEMO, "memo", ""},
    {KEY_CALENDAR, "calendar", ""},
    {KEY_RED, "red", ""},
    {KEY_GREEN, "green", ""},
    {KEY_YELLOW, "yellow", ""},
    {KEY_BLUE, "blue", ""},
    {KEY_CHANNELUP, "channelup", ""},
    {KEY_CHANNELDOWN, "channeldown", ""},
    {KEY_FIRST, "first", ""},
    {KEY_LAST, "last", ""},
    {KEY_AB, "ab", ""},
    {KEY_NEXT, "next", ""},
    {KEY_RESTART, "restart", ""},
    {KEY_SLOW, "slow", ""},
    {KEY_SHUFFLE, "shuffle", ""},
    {KEY_BREAK, "break", ""},
    {KEY_PREVIOUS, "previous", ""},
    {KEY_DIGITS, "digits", ""},
    {KEY_TEEN, "teen", ""},
    {KEY_TWEN, "twen", ""},
    {KEY_VIDEOPHONE, "videophone", ""},
    {KEY_GAMES, "games", ""},
    {KEY_ZOOMIN, "zoomin", ""},
    {KEY_ZOOMOUT, "zoomout", ""},
    {KEY_ZOOMRESET, "zoomreset", ""},
    {KEY_WORDPROCESSOR, "wordprocessor", ""},
    {KEY_EDITOR, "editor", ""},
    {KEY_SPREADSHEET, "spreadsheet", ""},
    {KEY_GRAPHICSEDITOR, "graphicseditor", ""},
    {KEY_PRESENTATION, "presentation", ""},
    {KEY_DATABASE, "database", ""},
    {KEY_NEWS, "news", ""},
    {KEY_VOICEMAIL, "voicemail", ""},
    {KEY_ADDRESSBOOK, "addressbook", ""},
    {KEY_MESSENGER, "messenger", ""},
    {KEY_DISPLAYTOGGLE, "displaytoggle", ""},
    {KEY_SPELLCHECK, "spellcheck", ""},
    {KEY_LOGOFF, "logoff", ""},
    {KEY_DOLLAR, "dollar", ""},
    {KEY_EURO, "euro", ""},
    {KEY_FRAMEBACK, "frameback", ""},
    {KEY_FRAMEFORWARD, "frameforward", ""},
    {KEY_CONTEXT_MENU, "context_menu", ""},
    {KEY_MEDIA_REPEAT, "media_repeat", ""},
    {KEY_10CHANNELSUP, "10channelsup", ""},
    {KEY_10CHANNELSDOWN, "10channelsdown", ""},
    {KEY_IMAGES, "images", ""},
    {KEY_FN, "fn", ""},
    {KEY_FN_ESC, "fn_esc", ""},
    {KEY_FN_F1, "fn_f1", ""},
    {KEY_FN_F2, "fn_f2", ""},
    {KEY_FN_F3, "fn_f3", ""},
    {KEY_FN_F4, "fn_f4", ""},
    {KEY_FN_F5, "fn_f5", ""},
    {KEY_FN_F6, "fn_f6", ""},
    {KEY_FN_F7, "fn_f7", ""},
    {KEY_FN_F8, "fn_f8", ""},
    {KEY_FN_F9, "fn_f9", ""},
    {KEY_FN_F10, "fn_f10", ""},
    {KEY_FN_F11, "fn_f11", ""},
    {KEY_FN_F12, "fn_f12", ""},
    {KEY_FN_1, "fn_1", ""},
    {KEY_FN_2, "fn_2", ""},
    {KEY_FN_D, "fn_d", ""},
    {KEY_FN_E, "fn_e", ""},
    {KEY_FN_F, "fn_f", ""},
    {KEY_FN_S, "fn_s", ""},
    {KEY_FN_B, "fn_b", ""},
    {KEY_BUTTONCONFIG, "buttonconfig", ""},
    {KEY_TASKMANAGER, "taskmanager", ""},
    {KEY_JOURNAL, "journal", ""},
    {KEY_CONTROLPANEL, "controlpanel", ""},
    {KEY_APPSELECT, "appselect", ""},
    {KEY_SCREENSAVER, "screensaver", ""},
    {KEY_VOICECOMMAND, "voicecommand", ""},
    {KEY_ASSISTANT, "assistant", ""},
    {KEY_KBD_LAYOUT_NEXT, "kbd_layout_next", ""},
    {KEY_EMOJI_PICKER, "emoji_picker", ""},
    {KEY_DICTATE, "dictate", ""},
});
// clang-format on

using Name = std::pair<std::string_view, uint16_t>;

constexpr std::array kCommonNames = std::to_array<Name>({
    {"control", KEY_LEFTCTRL},
    {"super", KEY_LEFTMETA},
    {"win", KEY_LEFTMETA},
    {"altgr", KEY_RIGHTALT},
    {"escape", KEY_ESC},
    {"return", KEY_ENTER},
    {"del", KEY_DELETE},
    {"ins", KEY_INSERT},
});

constexpr std::array kButtons = std::to_array<Name>({
    {"left", BTN_LEFT},
    {"right", BTN_RIGHT},
    {"middle", BTN_MIDDLE},
    {"side", BTN_SIDE},
    {"extra", BTN_EXTRA},
    {"forward", BTN_FORWARD},
    {"back", BTN_BACK},
    {"task", BTN_TASK},
});

std::string lower_case(std::string_view text) {
    std::string lower{text};
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lower;
}

std::string without(std::string_view prefix, std::string name) {
    return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

template <size_t N>
std::optional<uint16_t> find(const std::array<Name, N>& names, std::string_view name) {
    const auto it = std::find_if(names.begin(), names.end(),
                                 [name](const Name& entry) { return entry.first == name; });
    return it == names.end() ? std::nullopt : std::optional{it->second};
}

/// Keys that type something else with shift than a letter's capital: without, with, the key.
struct Symbol {
    char plain;
    char shifted;
    uint16_t code;
};
constexpr std::array kSymbols = std::to_array<Symbol>({
    {'1', '!', KEY_1},           {'2', '@', KEY_2},          {'3', '#', KEY_3},
    {'4', '$', KEY_4},           {'5', '%', KEY_5},          {'6', '^', KEY_6},
    {'7', '&', KEY_7},           {'8', '*', KEY_8},          {'9', '(', KEY_9},
    {'0', ')', KEY_0},           {'-', '_', KEY_MINUS},      {'=', '+', KEY_EQUAL},
    {'[', '{', KEY_LEFTBRACE},   {']', '}', KEY_RIGHTBRACE}, {';', ':', KEY_SEMICOLON},
    {'\'', '"', KEY_APOSTROPHE}, {'`', '~', KEY_GRAVE},      {'\\', '|', KEY_BACKSLASH},
    {',', '<', KEY_COMMA},       {'.', '>', KEY_DOT},        {'/', '?', KEY_SLASH},
});

}  // namespace

std::optional<uint16_t> key_code(std::string_view name) {
    const std::string lower = lower_case(name);
    const std::string wanted = without("key_", lower);
    if (wanted.empty()) {
        return std::nullopt;
    }
    const auto named = [&wanted](std::string_view Key::*member) {
        const auto it = std::find_if(kKeys.begin(), kKeys.end(),
                                     [&](const Key& key) { return key.*member == wanted; });
        return it == kKeys.end() ? std::nullopt : std::optional{it->code};
    };
    // "print" is the key with that label, which is Linux' KEY_SYSRQ.
    if (const auto code = wanted == lower ? named(&Key::qemu) : std::nullopt) {
        return code;
    }
    if (const auto code = named(&Key::evdev)) {
        return code;
    }
    return find(kCommonNames, wanted);
}

std::optional<uint16_t> button_code(std::string_view name) {
    return find(kButtons, without("btn_", lower_case(name)));
}

std::string_view qemu_key_name(uint16_t code) {
    const auto it = std::find_if(kKeys.begin(), kKeys.end(),
                                 [code](const Key& key) { return key.code == code; });
    return it == kKeys.end() ? std::string_view{} : it->qemu;
}

std::optional<Stroke> stroke_for(char character) {
    if ((character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z')) {
        const auto code = key_code(std::string_view{&character, 1});
        return code ? std::optional{Stroke{*code, character <= 'Z'}} : std::nullopt;
    }
    switch (character) {
        case ' ':
            return Stroke{KEY_SPACE, false};
        case '\n':
            return Stroke{KEY_ENTER, false};
        case '\t':
            return Stroke{KEY_TAB, false};
        case '\b':
            return Stroke{KEY_BACKSPACE, false};
        default:
            break;
    }
    const auto it = std::find_if(kSymbols.begin(), kSymbols.end(), [character](const Symbol& s) {
        return s.plain == character || s.shifted == character;
    });
    if (it == kSymbols.end()) {
        return std::nullopt;
    }
    return Stroke{it->code, it->shifted == character};
}

}  // namespace oriel::input
