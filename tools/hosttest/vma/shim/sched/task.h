#pragma once

struct task;
