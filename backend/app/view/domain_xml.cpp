// SPDX-License-Identifier: MIT
#include "view/domain_xml.h"

#include <expat.h>

#include <algorithm>
#include <utility>

#include "core/unique_handle.h"

namespace oriel::app {
namespace {

constexpr size_t kMaxXmlText = 1024;

/// Reads up to the devices of a domain: <domain><devices><graphics>.
struct DomainReader {
    XML_Parser parser = nullptr;  // who calls; for one parse
    std::vector<DomainGraphics> graphics;
    size_t devices_end = std::string_view::npos;  // where "</devices>" begins
    bool is_domain = false;
    int depth = 0;
    bool in_devices = false;
};

/// Where in the text what is being told of begins.
size_t place_of(XML_Parser parser) {
#ifdef ORIEL_EXPAT_INDEX_64
    return static_cast<size_t>(XML_GetCurrentByteIndex64(parser));
#else
    return static_cast<size_t>(XML_GetCurrentByteIndex(parser));
#endif
}

std::string_view attribute(const XML_Char** attributes, std::string_view name) {
    for (; *attributes != nullptr; attributes += 2) {
        if (name == attributes[0]) {
            return std::string_view{attributes[1]}.substr(0, kMaxXmlText);
        }
    }
    return {};
}

void XMLCALL element_begins(void* data, const XML_Char* name, const XML_Char** attributes) {
    auto& reader = *static_cast<DomainReader*>(data);
    const std::string_view word{name};
    ++reader.depth;
    if (reader.depth == 1) {
        reader.is_domain = word == "domain";
    } else if (reader.depth == 2) {
        reader.in_devices = word == "devices";
    } else if (reader.depth == 3 && reader.in_devices && word == "graphics" &&
               reader.graphics.size() < kMaxDomainGraphics) {
        reader.graphics.push_back({.type = std::string{attribute(attributes, "type")},
                                   .p2p = attribute(attributes, "p2p") == "yes",
                                   .address = std::string{attribute(attributes, "address")}});
    }
}

void XMLCALL element_ends(void* data, const XML_Char*) {
    auto& reader = *static_cast<DomainReader*>(data);
    if (reader.depth == 2 && reader.in_devices) {
        reader.in_devices = false;
        reader.devices_end = place_of(reader.parser);
    }
    --reader.depth;
}

/// Entities are expanded by nobody: libvirt writes none.
void XMLCALL doctype_begins(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    XML_StopParser(static_cast<DomainReader*>(data)->parser, XML_FALSE);
}

Result<DomainReader> read_domain(std::string_view xml) {
    const UniqueHandle<XML_ParserStruct, XML_ParserFree> parser{XML_ParserCreate("UTF-8")};
    DomainReader reader;
    reader.parser = parser.get();
    if (!parser || xml.size() > kMaxDomainXml) {
        return host_error("libvirt's XML is too large");
    }
    XML_SetUserData(parser.get(), &reader);
    XML_SetElementHandler(parser.get(), element_begins, element_ends);
    XML_SetStartDoctypeDeclHandler(parser.get(), doctype_begins);
    if (XML_Parse(parser.get(), xml.data(), static_cast<int>(xml.size()), 1) != XML_STATUS_OK ||
        !reader.is_domain) {
        return host_error("libvirt's XML is no domain's");
    }
    return reader;
}

}  // namespace

Result<std::vector<DomainGraphics>> graphics_of_domain(std::string_view xml) {
    auto reader = read_domain(xml);
    if (!reader) {
        return tl::unexpected(reader.error());
    }
    return std::move(reader->graphics);
}

Result<std::string> with_dbus_graphics(std::string_view xml) {
    const auto reader = read_domain(xml);
    if (!reader) {
        return tl::unexpected(reader.error());
    }
    // "<devices/>" ends where it begins: libvirt writes none, as each domain has a device.
    if (!xml.substr(std::min(reader->devices_end, xml.size())).starts_with("</devices")) {
        return host_error("libvirt's XML has no devices");
    }
    std::string more{xml.substr(0, reader->devices_end)};
    return more.append(kDbusGraphics).append(xml.substr(reader->devices_end));
}

}  // namespace oriel::app
